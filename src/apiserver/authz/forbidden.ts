/** How a refusal by authorization reads, word for word as upstream (endpoints/handlers/responsewriters). */

import type { User } from '#apiserver/authn/user.ts';
import type { Access } from '#apiserver/authz/authorizer.ts';
import type { ApiError } from '#machinery/api-error.ts';
import { forbiddenError } from '#machinery/api-error.ts';
import { quote } from '#machinery/validation/field-error.ts';

/** `pods "p" is forbidden: User "x" cannot get resource "pods/log" in API group "" in the namespace "a": <reason>`. */
export function accessForbidden(user: User, access: Access, reason: string): ApiError {
  const resource = { group: access.group, resource: access.isResource ? access.resource : '' };
  const what = forbiddenMessage(user, access);
  return forbiddenError(resource, access.isResource ? access.name : '', reason === '' ? what : `${what}: ${reason}`);
}

function forbiddenMessage(user: User, access: Access): string {
  const who = `User ${quote(user.name)} cannot ${access.verb}`;
  if (!access.isResource) return `${who} path ${quote(access.path)}`;
  const resource = access.subresource === '' ? access.resource : `${access.resource}/${access.subresource}`;
  const where = access.namespace === '' ? 'at the cluster scope' : `in the namespace ${quote(access.namespace)}`;
  return `${who} resource ${quote(resource)} in API group ${quote(access.group)} ${where}`;
}
