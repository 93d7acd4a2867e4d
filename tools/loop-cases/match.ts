/**
 * Compares what was recorded with what is here. Recorded texts hold tags, `<uid:Pod/web>`, `<gen-1>`, `<time>`, each of
 * which stands for something that differs from run to run.
 */

import type { AnyJson } from '#machinery/schema.ts';

const patterns = new Map<string, RegExp | undefined>();
const parts: Readonly<Record<string, string>> = {
  gen: '[a-z0-9]{5}',
  uid: '[0-9a-f-]{36}',
  minutes: '\\d+',
};

/** Undefined for a text without a tag. */
function patternOf(text: string): RegExp | undefined {
  if (!patterns.has(text)) patterns.set(text, text.includes('<') ? compile(text) : undefined);
  return patterns.get(text);
}

function compile(text: string): RegExp {
  let source = '';
  for (let at = 0; at < text.length; ) {
    const tag = /^<([a-z]+)(?:[-:+]|>)/.exec(text.slice(at));
    if (tag === null || tag[1] === 'hash') {
      source += text[at]!.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
      at++;
      continue;
    }
    source += parts[tag[1] ?? ''] ?? '[^]+';
    at = endOfTag(text, at);
  }
  return new RegExp(`^${source}$`);
}

/** Tags nest: `<uid:Pod/web-<gen-1>>`. */
function endOfTag(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '<') depth++;
    else if (text[at] === '>' && --depth === 0) return at + 1;
  }
  return text.length;
}

export function textMatches(recorded: string, ours: string): boolean {
  return recorded === ours || (patternOf(recorded)?.test(ours) ?? false);
}

/** Lists whose order says nothing. */
const unordered = new Set(['managedFields', 'endpoints', 'addresses', 'notReadyAddresses', 'ownerReferences']);

/** What differs, one line each; `exact`: nothing may be there that was not recorded. */
export function differences(recorded: AnyJson, ours: AnyJson, exact: boolean, path = ''): string[] {
  if (typeof recorded === 'string' && typeof ours === 'string') {
    return textMatches(recorded, ours) ? [] : [different(path, recorded, ours)];
  }
  if (Array.isArray(recorded) && Array.isArray(ours)) return ofLists(recorded, ours, exact, path);
  const isObject = (value: AnyJson) => typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(recorded) || !isObject(ours)) {
    return JSON.stringify(recorded) === JSON.stringify(ours) ? [] : [different(path, recorded, ours)];
  }
  const keys = new Set([...Object.keys(recorded), ...(exact ? Object.keys(ours) : [])]);
  return [...keys].flatMap(key => {
    const theirs = keyIn(ours, key);
    return differences(recorded[key], theirs, exact, `${path}.${key}`);
  });
}

const keyIn = (object: AnyJson, key: string) =>
  key in object ? object[key] : object[Object.keys(object).find(each => textMatches(key, each)) ?? ''];

const different = (path: string, recorded: AnyJson, ours: AnyJson) => `${path}: ${short(recorded)} | ${short(ours)}`;

const short = (value: AnyJson) => (JSON.stringify(value) ?? 'nothing').slice(0, 260);

function ofLists(recorded: AnyJson[], ours: AnyJson[], exact: boolean, path: string): string[] {
  if (recorded.length !== ours.length) return [different(path, recorded, ours)];
  if (
    unordered.has(
      path
        .split('.')
        .at(-1)
        ?.replace(/\[\d+\]$/, '') ?? '',
    )
  ) {
    const left = [...ours];
    return recorded.flatMap(each => {
      const at = left.findIndex(other => differences(each, other, exact).length === 0);
      if (at === -1) return [different(path, each, left[0])];
      left.splice(at, 1);
      return [];
    });
  }
  return recorded.flatMap((each, index) => differences(each, ours[index], exact, `${path}[${index}]`));
}
