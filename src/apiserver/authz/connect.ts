/**
 * Opening a stream into a Pod is doing something in it, whatever the HTTP method: a WebSocket can only be opened by GET, so
 * that who may merely read could run commands. `create` is asked for as well (KEP-4006; kubernetes/kubernetes#78741).
 */

import type { Access } from '#apiserver/authz/authorizer.ts';

const streams = ['exec', 'attach', 'portforward'];

/** The second access that a request needs; undefined for all but these. */
export function streamAccess(access: Access): Access | undefined {
  const opens =
    access.isResource && access.group === '' && access.resource === 'pods' && streams.includes(access.subresource);
  return opens && access.verb === 'get' ? { ...access, verb: 'create' } : undefined;
}
