/**
 * JSON Patch (RFC 6902) as upstream applies it, which is a little more lenient than the standard: `replace` and `copy`
 * of a key that is missing succeed, an index may be negative (from the end) or start with zeros, a `test` of a missing
 * key for null holds.
 *
 * The document is not changed: what lies on a path of an operation is copied, the rest is shared with the result.
 */

import { setOwn } from '#machinery/codec/decode.ts';
import { jsonEqual } from '#machinery/json/equal.ts';
import { jsonDepthMax } from '#machinery/json/positional.ts';
import { scanJson } from '#machinery/json/scan.ts';
import { jsonTypeName, PatchError } from '#machinery/patch/patch-error.ts';
import type { AnyJson } from '#machinery/schema.ts';

export const operationsMax = 10_000;
/** What all `copy` operations of a patch may add. */
const copyBytesMax = 3 * 1024 * 1024;

const refused = 'the server rejected our request due to an error in our request';

/** Throws a PatchError. */
export function applyJsonPatch(document: AnyJson, operations: AnyJson): AnyJson {
  if (!Array.isArray(operations)) {
    const type = operations === null ? undefined : jsonTypeName(operations);
    if (type === undefined) return document;
    const message = `error decoding patch: json: cannot unmarshal ${type} into Go value of type []handlers.jsonPatchOp`;
    throw new PatchError(message, 400);
  }
  if (operations.length > operationsMax) {
    const detail = `The allowed maximum operations in a JSON patch is ${operationsMax}, got ${operations.length}`;
    throw new PatchError(`Request entity too large: ${detail}`, 413);
  }
  const patching = new Patching(document);
  for (const operation of operations) patching.apply(operation);
  return patching.result();
}

const operationFields = new Set(['op', 'path', 'from', 'value']);

/** Fields that no operation has, for strict validation: `[0].extra`. */
export function unknownOperationFields(operations: AnyJson): string[] {
  if (!Array.isArray(operations)) return [];
  return operations.flatMap((operation, position) =>
    Object.keys(operation ?? {})
      .filter(name => !operationFields.has(name))
      .map(name => `[${position}].${name}`),
  );
}

interface Place {
  readonly parent: AnyJson;
  readonly key: string;
}

class Patching {
  document: AnyJson;
  /** Containers that are this patch's own copies. */
  readonly #own = new WeakSet<object>();
  #copiedBytes = 0;

  constructor(document: AnyJson) {
    this.document = this.#opened(document);
  }

  /** What was opened has its keys sorted: so upstream prints it. */
  result(): AnyJson {
    return this.#sorted(this.document);
  }

  #sorted(value: AnyJson): AnyJson {
    if (typeof value !== 'object' || value === null || !this.#own.has(value)) return value;
    if (Array.isArray(value)) return value.map(item => this.#sorted(item));
    const sorted: AnyJson = {};
    for (const key of Object.keys(value).sort()) setOwn(sorted, key, this.#sorted(value[key]));
    return sorted;
  }

  apply(operation: AnyJson): void {
    const path = textOf(operation?.path);
    switch (operation?.op) {
      case 'add':
        this.#add(this.#find(path), operation.value ?? null);
        break;
      case 'remove':
        this.#remove(this.#find(path));
        break;
      case 'replace':
        this.#replace(path, operation.value ?? null);
        break;
      case 'move':
        this.#move(textOf(operation.from), path);
        break;
      case 'copy':
        this.#copy(textOf(operation.from), path);
        break;
      case 'test':
        this.#test(path, operation.value ?? null);
        break;
      default:
        throw new PatchError(refused, 422);
    }
  }

  /** The container that holds the last key of the path, opened so that it may be changed. */
  #find(path: string): Place {
    const keys = path.split('/').map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (keys.length < 2 || keys.length > jsonDepthMax) throw new PatchError(refused, 422);
    let parent = this.document;
    for (const key of keys.slice(1, -1)) {
      const child = this.#opened(valueAt(parent, key));
      if (Array.isArray(parent)) parent[indexOf(parent, key)] = child;
      else setOwn(parent, key, child);
      parent = child;
    }
    return { parent, key: keys.at(-1)! };
  }

  /** A copy to work on. */
  #opened(value: AnyJson): AnyJson {
    if (typeof value !== 'object' || value === null) throw new PatchError(refused, 422);
    if (this.#own.has(value)) return value;
    const copy = Array.isArray(value) ? [...value] : { ...value };
    this.#own.add(copy);
    return copy;
  }

  #add({ parent, key }: Place, value: AnyJson): void {
    if (!Array.isArray(parent)) setOwn(parent, key, value);
    else if (key === '-') parent.push(value);
    else parent.splice(indexOf(parent, key, parent.length + 1), 0, value);
  }

  #remove({ parent, key }: Place): void {
    if (Array.isArray(parent)) parent.splice(indexOf(parent, key), 1);
    else if (Object.hasOwn(parent, key)) delete parent[key];
    else throw new PatchError(refused, 422);
  }

  #replace(path: string, value: AnyJson): void {
    if (path === '') this.document = this.#opened(value);
    else {
      const { parent, key } = this.#find(path);
      if (Array.isArray(parent)) parent[indexOf(parent, key)] = value;
      else setOwn(parent, key, value);
    }
  }

  #move(from: string, path: string): void {
    const source = this.#find(from);
    const value = valueAt(source.parent, source.key);
    this.#remove(source);
    this.#add(this.#find(path), value ?? null);
  }

  #copy(from: string, path: string): void {
    const source = this.#find(from);
    const value = valueAt(source.parent, source.key) ?? null;
    const target = this.#find(path);
    const text = JSON.stringify(value);
    const bytes = Buffer.from(text);
    this.#copiedBytes += bytes.length;
    // A copy into itself doubles the depth each time.
    const isTooDeep = scanJson(bytes).depth > jsonDepthMax;
    if (this.#copiedBytes > copyBytesMax || isTooDeep) throw new PatchError(refused, 422);
    this.#add(target, structuredClone(value));
  }

  #test(path: string, value: AnyJson): void {
    const found = path === '' ? this.document : this.#valueAt(path);
    if (!jsonEqual(found ?? null, value)) throw new PatchError(refused, 422);
  }

  #valueAt(path: string): AnyJson {
    const { parent, key } = this.#find(path);
    return valueAt(parent, key);
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new PatchError(refused, 422);
}

function valueAt(parent: AnyJson, key: string): AnyJson {
  if (Array.isArray(parent)) return parent[indexOf(parent, key)];
  return Object.hasOwn(parent, key) ? parent[key] : undefined;
}

/** A position below `count`; -1 is the last. */
function indexOf(list: readonly unknown[], key: string, count = list.length): number {
  if (!/^[+-]?\d{1,15}$/.test(key)) throw new PatchError(refused, 422);
  const index = Number(key);
  const position = index < 0 ? index + count : index;
  if (position < 0 || position >= count) throw new PatchError(refused, 422);
  return position;
}
