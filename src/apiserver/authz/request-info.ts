/**
 * What a request is about, read from its method and path alone (upstream: RequestInfoFactory). Router, authorizers, audit
 * and fairness all work from this one reading, so that none can take a path for something else than the others do.
 *
 *   GET    /api/v1/namespaces/a/pods/p/log        get    pods/log "p" in a
 *   GET    /apis/apps/v1/deployments?watch=1      watch  deployments.apps everywhere
 *   DELETE /api/v1/namespaces/a/pods              deletecollection
 *   GET    /api/v1/namespaces/a                   get    namespaces "a" in a
 *   GET    /apis/apps/v1                          the path itself: discovery is not a resource
 */

import type { Access } from '#apiserver/authz/authorizer.ts';

export interface RequestInfo extends Access {
  /** `api`, `apis`, or empty for a path that is no resource. */
  readonly prefix: '' | 'api' | 'apis';
  /** The segments from the resource on: what follows a proxy sub-resource is not interpreted. */
  readonly parts: readonly string[];
  /**
   * False when a segment that names something is empty, `.`, `..`, or holds `%` or a control character: no such object can
   * exist, and the router answers 404.
   */
  readonly wellFormed: boolean;
}

/** Everything before the first `?`, and what follows it. */
export function splitTarget(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** The path with its escapes resolved once; undefined when they are malformed, which is a 400. */
export function decodePath(path: string): string | undefined {
  return path.includes('%') ? unescaped(path) : path;
}

/**
 * The query as everybody reads it: who may do something is decided on the very values that are then acted on. Pairs with a
 * semicolon or a malformed escape do not count, as upstream has it.
 */
export function parseQuery(query: string): URLSearchParams {
  const params = new URLSearchParams();
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    const name = unescapeQuery(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : unescapeQuery(pair.slice(equals + 1));
    if (name !== undefined && value !== undefined) params.append(name, value);
  }
  return params;
}

function unescapeQuery(text: string): string | undefined {
  if (!text.includes('%') && !text.includes('+')) return text;
  return unescaped(text.replaceAll('+', ' '));
}

/** Escapes may stand for any bytes: what is no UTF-8 reads as the replacement character, which no name holds. */
function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
    const bytes = text.replace(/%(..)|[^%]+/g, (part, hex) => hex ?? Buffer.from(part).toString('hex'));
    return Buffer.from(bytes, 'hex').toString();
  }
}

const verbs: ReadonlyMap<string, string> = new Map([
  ['POST', 'create'],
  ['GET', 'get'],
  ['HEAD', 'get'],
  ['PUT', 'update'],
  ['PATCH', 'patch'],
  ['DELETE', 'delete'],
]);

/** `path` is decoded (`decodePath`). */
export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const segments = trimSlashes(path).split('/');
  const prefix = segments[0];
  const groupless = prefix === 'api';
  if (!(groupless || prefix === 'apis') || segments.length < (groupless ? 3 : 4)) return pathInfo(method, path);

  const group = groupless ? '' : segments[1]!;
  const version = segments[groupless ? 1 : 2]!;
  let at = groupless ? 2 : 3;
  let verb = verbs.get(method) ?? '';
  // The old way to ask for a watch or a proxy: `/api/v1/watch/namespaces/a/pods`.
  const special = segments[at];
  if (special === 'watch' || special === 'proxy') {
    if (segments.length < at + 2) return pathInfo(method, path);
    verb = special;
    at++;
  }
  let namespace = '';
  if (segments[at] === 'namespaces' && segments.length > at + 1) {
    namespace = segments[at + 1]!;
    // `status` and `finalize` are sub-resources of the namespace itself; anything else is a resource in it.
    if (segments.length > at + 2 && segments[at + 2] !== 'status' && segments[at + 2] !== 'finalize') at += 2;
  }
  const parts = segments.slice(at);
  const resource = parts[0]!;
  let name = parts[1] ?? '';
  const subresource = verb === 'proxy' ? '' : (parts[2] ?? '');
  const named = verb === 'proxy' ? at + 2 : at + 3;
  const wellFormed = segments.slice(0, named).every(isWellFormed);

  if (name === '' && verb === 'get') {
    const watch = query.get('watch')?.toLowerCase();
    verb = watch === undefined || watch === 'false' || watch === '0' ? 'list' : 'watch';
    name = nameInSelector(query.get('fieldSelector'));
  } else if (name === '' && verb === 'delete') {
    verb = 'deletecollection';
  }
  const selects = verb === 'list' || verb === 'watch' || verb === 'deletecollection';
  return {
    verb,
    isResource: true,
    path,
    prefix,
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
    parts,
    wellFormed,
    fieldSelector: selects ? (query.get('fieldSelector') ?? undefined) : undefined,
    labelSelector: selects ? (query.get('labelSelector') ?? undefined) : undefined,
  };
}

function pathInfo(method: string, path: string): RequestInfo {
  return {
    verb: method.toLowerCase(),
    isResource: false,
    path,
    prefix: '',
    group: '',
    version: '',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
    parts: [],
    wellFormed: true,
  };
}

function trimSlashes(path: string): string {
  let start = 0;
  let end = path.length;
  while (start < end && path.charCodeAt(start) === 47) start++;
  while (end > start && path.charCodeAt(end - 1) === 47) end--;
  return path.slice(start, end);
}

function isWellFormed(segment: string): boolean {
  if (segment === '' || segment === '.' || segment === '..') return false;
  for (let i = 0; i < segment.length; i++) {
    const code = segment.charCodeAt(i);
    if (code === 37 /* % */ || code < 32 || code === 127) return false;
  }
  return true;
}

/** A list of `metadata.name=x` asks for one object and is authorized as such, if x can be a name at all. */
function nameInSelector(selector: string | null): string {
  const name = selector === null ? undefined : exactMatch(selector, 'metadata.name');
  return name === undefined || name.includes('/') || !isWellFormed(name) ? '' : name;
}

/** The value that a field selector demands for a field; undefined when it demands none or cannot be read. */
export function exactMatch(selector: string, field: string): string | undefined {
  let found: string | undefined;
  for (const term of splitTerms(selector)) {
    if (term === '') continue;
    const read = /^((?:[^\\=!]|\\[\s\S]|!(?!=))*)(!=|==|=)([\s\S]*)$/.exec(term);
    const value = read === null ? undefined : unescapeValue(read[3]!);
    if (read === null || value === undefined) return undefined;
    if (found === undefined && read[2] !== '!=' && read[1] === field) found = value;
  }
  return found;
}

/** At commas that no backslash stands before. */
function splitTerms(selector: string): string[] {
  return selector.match(/(?:[^\\,]|\\[\s\S]?)+/g) ?? [];
}

function unescapeValue(value: string): string | undefined {
  if (!/[\\,=]/.test(value)) return value;
  if (!/^(?:[^\\,=]|\\[\\,=])*$/.test(value)) return undefined;
  return value.replace(/\\([\\,=])/g, '$1');
}
