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
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** The first value of a query parameter. Pairs with malformed escapes do not count, as upstream has it. */
export function queryValue(query: string, name: string): string | undefined {
  let start = 0;
  while (start <= query.length && query !== '') {
    let end = query.indexOf('&', start);
    if (end < 0) end = query.length;
    const found = pairValue(query.slice(start, end), name);
    if (found !== undefined) return found;
    start = end + 1;
  }
  return undefined;
}

function pairValue(pair: string, name: string): string | undefined {
  if (pair.includes(';')) return undefined;
  const equals = pair.indexOf('=');
  const key = equals < 0 ? pair : pair.slice(0, equals);
  if (unescapeQuery(key) !== name) return undefined;
  return equals < 0 ? '' : unescapeQuery(pair.slice(equals + 1));
}

function unescapeQuery(text: string): string | undefined {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** `path` is decoded (`decodePath`), `query` is as sent. */
export function requestInfo(method: string, path: string, query: string): RequestInfo {
  const segments = trimSlashes(path).split('/');
  const prefix = segments[0];
  const groupless = prefix === 'api';
  if (!(groupless || prefix === 'apis') || segments.length < (groupless ? 3 : 4)) return pathInfo(method, path);

  const group = groupless ? '' : segments[1]!;
  const version = segments[groupless ? 1 : 2]!;
  let at = groupless ? 2 : 3;
  let verb = verbs[method] ?? '';
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
    const watch = queryValue(query, 'watch')?.toLowerCase();
    verb = watch === undefined || watch === 'false' || watch === '0' ? 'list' : 'watch';
    name = nameInSelector(queryValue(query, 'fieldSelector'));
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
    fieldSelector: selects ? queryValue(query, 'fieldSelector') : undefined,
    labelSelector: selects ? queryValue(query, 'labelSelector') : undefined,
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
function nameInSelector(selector: string | undefined): string {
  const name = selector === undefined ? undefined : exactMatch(selector, 'metadata.name');
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
