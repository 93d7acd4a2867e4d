/** Who asks, as authentication found out. */

import type { UserInfo } from '#api/authentication/user-info.ts';

export interface User {
  readonly name: string;
  /** Empty when the method of authentication knows none. */
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export const anonymousName = 'system:anonymous';
export const unauthenticatedGroup = 'system:unauthenticated';
export const authenticatedGroup = 'system:authenticated';
/** May do everything; authorization never looks further. */
export const mastersGroup = 'system:masters';
export const nodesGroup = 'system:nodes';
export const nodeNamePrefix = 'system:node:';
/** The extra key that names the credential: the digest of a certificate, the id of a token. */
export const credentialIdKey = 'authentication.kubernetes.io/credential-id';

const noExtra: User['extra'] = Object.freeze({});

export const anonymous: User = {
  name: anonymousName,
  uid: '',
  groups: [unauthenticatedGroup],
  extra: noExtra,
};

export function makeUser(parts: {
  name: string;
  uid?: string;
  groups?: readonly string[];
  extra?: User['extra'];
}): User {
  return { name: parts.name, uid: parts.uid ?? '', groups: parts.groups ?? [], extra: parts.extra ?? noExtra };
}

/** The same user with `system:authenticated` among the groups, once. */
export function authenticated(user: User): User {
  if (user.name === anonymousName || user.groups.includes(authenticatedGroup)) return user;
  if (user.groups.includes(unauthenticatedGroup)) return user;
  return { ...user, groups: [...user.groups, authenticatedGroup] };
}

/** As objects carry it (`status.userInfo`), keys in the order of the API, empty fields left out. */
export function userInfo(user: User): UserInfo {
  const extra = Object.keys(user.extra).sort();
  return {
    ...(user.name === '' ? {} : { username: user.name }),
    ...(user.uid === '' ? {} : { uid: user.uid }),
    ...(user.groups.length === 0 ? {} : { groups: [...user.groups] }),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra.map(key => [key, [...user.extra[key]!]])) }),
  };
}

const accountPrefix = 'system:serviceaccount:';

export function serviceAccountUserName(namespace: string, name: string): string {
  return `${accountPrefix}${namespace}:${name}`;
}

export function serviceAccountGroups(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const namespaceName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** What service accounts and nodes may be called. */
export function isSubdomain(name: string): boolean {
  return name.length <= 253 && subdomain.test(name);
}

/** `system:serviceaccount:<namespace>:<name>` taken apart; undefined when it is not one. */
export function parseServiceAccount(userName: string): { namespace: string; name: string } | undefined {
  if (!userName.startsWith(accountPrefix)) return undefined;
  const parts = userName.slice(accountPrefix.length).split(':');
  const [namespace, name] = parts;
  if (parts.length !== 2 || !namespace || !name) return undefined;
  if (namespace.length > 63 || !namespaceName.test(namespace) || !isSubdomain(name)) {
    return undefined;
  }
  return { namespace, name };
}
