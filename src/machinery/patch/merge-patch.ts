/** JSON Merge Patch (RFC 7386): null removes a key, an object is merged into, everything else replaces. */

import { setOwn } from '#machinery/codec/decode.ts';
import { jsonTypeName, PatchError } from '#machinery/patch/patch-error.ts';
import type { AnyJson } from '#machinery/schema.ts';

/** The document is not changed; the result shares with it what the patch does not touch. Throws a PatchError. */
export function applyMergePatch(document: AnyJson, patch: AnyJson): AnyJson {
  if (patch === null || patch === undefined) throw new PatchError('Invalid JSON Patch', 400);
  if (!isObject(patch)) {
    const type = jsonTypeName(patch);
    const message = `error decoding patch: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
    throw new PatchError(message, 400);
  }
  return merge(document, patch);
}

function merge(target: AnyJson, patch: AnyJson): AnyJson {
  if (!isObject(target)) return withoutNulls(patch);
  if (!isObject(patch)) return patch;
  const merged: AnyJson = {};
  for (const key of [...new Set([...Object.keys(target), ...Object.keys(patch)])].sort()) {
    const before = Object.hasOwn(target, key) ? target[key] : undefined;
    if (!Object.hasOwn(patch, key)) setOwn(merged, key, before);
    else if (patch[key] === null) continue;
    else setOwn(merged, key, before === undefined ? withoutNulls(patch[key]) : merge(before, patch[key]));
  }
  return merged;
}

/** What the patch brings new: its nulls remove nothing, and are not kept; a null in a list stays. */
function withoutNulls(value: AnyJson): AnyJson {
  if (Array.isArray(value)) return value.map(item => (item === null ? null : withoutNulls(item)));
  if (!isObject(value)) return value;
  const out: AnyJson = {};
  for (const key of Object.keys(value).sort()) if (value[key] !== null) setOwn(out, key, withoutNulls(value[key]));
  return out;
}

function isObject(value: AnyJson): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
