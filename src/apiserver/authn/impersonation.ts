/**
 * `Impersonate-User` and its companions: acting as somebody else, for whom one may. Two ways are asked in turn:
 * the constrained one (KEP-5284), which needs both `impersonate:<mode>` on the user and `impersonate-on:<mode>:<verb>` on
 * what is to be done, and the old one, which needs the verb `impersonate` on everything that is claimed.
 */

import { extraInHeaders } from '#apiserver/authn/front-proxy.ts';
import {
  anonymousName,
  authenticated,
  isSubdomain,
  makeUser,
  mastersGroup,
  nodeNamePrefix,
  nodesGroup,
  parseServiceAccount,
  serviceAccountGroups,
  type User,
  unauthenticatedGroup,
} from '#apiserver/authn/user.ts';
import type { Access, Authorizer } from '#apiserver/authz/authorizer.ts';
import { resourceAccess } from '#apiserver/authz/authorizer.ts';
import { accessForbidden } from '#apiserver/authz/forbidden.ts';
import { decodePath, parseQuery, requestInfo, splitTarget } from '#apiserver/authz/request-info.ts';
import type { Exchange, HeaderValues } from '#lib/http/exchange.ts';
import { headerValue, headerValues } from '#lib/http/headers.ts';
import { ApiError, badRequestError } from '#machinery/api-error.ts';
import { quote } from '#machinery/validation/field-error.ts';

const authenticationGroup = 'authentication.k8s.io';
const extraPrefix = 'impersonate-extra-';
/** The extra of a service account's token that says on which node its Pod runs. */
const nodeNameKey = 'authentication.kubernetes.io/node-name';
const associatedKeys = 'authentication.kubernetes.io/associated-node-keys';
/** Requestors of whom the last way that worked is remembered: it is asked first, and its refusal is the one shown. */
const rememberedMax = 1024;

interface Mode {
  /** Empty: the old way. */
  readonly name: '' | 'associated-node' | 'arbitrary-node' | 'serviceaccount' | 'user-info';
  /** Whether the mode is made for this user at all. */
  applies(wanted: User, requestor: User): boolean;
}

const modes: readonly Mode[] = [
  {
    name: 'associated-node',
    applies: (wanted, requestor) => onlyNamed(wanted) && isOwnNode(wanted, requestor),
  },
  { name: 'arbitrary-node', applies: wanted => onlyNamed(wanted) && nodeNameOf(wanted.name) !== undefined },
  { name: 'serviceaccount', applies: wanted => onlyNamed(wanted) && parseServiceAccount(wanted.name) !== undefined },
  {
    name: 'user-info',
    applies: wanted => nodeNameOf(wanted.name) === undefined && parseServiceAccount(wanted.name) === undefined,
  },
  { name: '', applies: () => true },
];

/** The user that the rest of the server sees: the impersonated one, or the requestor when he impersonates nobody. */
export function impersonator(authorizer: Authorizer): (exchange: Exchange, requestor: User) => User {
  const lastMode = new Map<string, Mode>();
  return (exchange, requestor) => {
    const wanted = wantedUser(exchange.headers);
    if (wanted === undefined) return requestor;
    const { path, query } = splitTarget(exchange.target);
    const access = requestInfo(exchange.method, decodePath(path) ?? path, parseQuery(query));
    const who = JSON.stringify([requestor.name, requestor.uid, requestor.groups]);
    const last = lastMode.get(who);
    const inTurn = last === undefined ? modes : [last, ...modes.filter(mode => mode !== last)];
    let first: ApiError | undefined;
    for (const mode of inTurn) {
      if (!mode.applies(wanted, requestor)) continue;
      const error = new Check(authorizer, requestor, mode.name).refusal(wanted, access);
      if (error === undefined) {
        lastMode.delete(who);
        lastMode.set(who, mode);
        if (lastMode.size > rememberedMax) lastMode.delete(lastMode.keys().next().value!);
        return completed(wanted, mode);
      }
      first ??= error;
    }
    throw first ?? new ApiError('InternalError', 'all impersonation modes failed');
  };
}

function wantedUser(headers: HeaderValues): User | undefined {
  const name = headerValue(headers, 'impersonate-user') ?? '';
  const uid = headerValue(headers, 'impersonate-uid') ?? '';
  const groups = headerValues(headers, 'impersonate-group');
  const extra = extraInHeaders(headers, extraPrefix);
  if (name !== '') return makeUser({ name, uid, groups, extra });
  if (uid === '' && groups.length === 0 && Object.keys(extra).length === 0) return undefined;
  throw badRequestError(`requested ${goUser(uid, groups, extra)} without impersonating a user name`);
}

/** Go's `%#v` of the user that was asked for. */
function goUser(uid: string, groups: readonly string[], extra: User['extra']): string {
  const list = (values: readonly string[]) => `[]string{${values.map(quote).join(', ')}}`;
  const keys = Object.keys(extra).sort();
  const shownGroups = groups.length === 0 ? '[]string(nil)' : list(groups);
  const shownExtra =
    keys.length === 0 ? '(nil)' : `{${keys.map(key => `${quote(key)}:${list(extra[key]!)}`).join(', ')}}`;
  return `&user.DefaultInfo{Name:"", UID:${quote(uid)}, Groups:${shownGroups}, Extra:map[string][]string${shownExtra}}`;
}

/** The questions of one mode, in order; the first refusal ends it. */
class Check {
  readonly #authorizer: Authorizer;
  readonly #requestor: User;
  readonly #mode: Mode['name'];
  readonly #verb: string;
  /** Users and groups moved into the group of authentication with the constrained modes. */
  readonly #group: string;

  constructor(authorizer: Authorizer, requestor: User, mode: Mode['name']) {
    this.#authorizer = authorizer;
    // What the token of a node's agent says of its Pod differs from node to node; that it is bound to this one was checked.
    this.#requestor = mode === 'associated-node' ? withoutExtra(requestor) : requestor;
    this.#mode = mode;
    this.#verb = mode === '' ? 'impersonate' : `impersonate:${mode}`;
    this.#group = mode === '' ? '' : authenticationGroup;
  }

  refusal(wanted: User, access: Access): ApiError | undefined {
    return (
      (this.#mode === '' ? undefined : this.#ask({ ...access, verb: `impersonate-on:${this.#mode}:${access.verb}` })) ??
      this.#name(wanted) ??
      (wanted.uid === '' ? undefined : this.#ask(this.#on(authenticationGroup, 'uids', wanted.uid))) ??
      this.#groups(wanted.groups) ??
      this.#extra(wanted.extra)
    );
  }

  #name({ name }: User): ApiError | undefined {
    const node = this.#mode === '' ? undefined : nodeNameOf(name);
    if (node !== undefined) {
      return this.#ask(this.#on(this.#group, 'nodes', this.#mode === 'associated-node' ? '*' : node));
    }
    const account = parseServiceAccount(name);
    if (account === undefined) return this.#ask(this.#on(this.#group, 'users', name));
    return this.#ask({ ...this.#on(this.#group, 'serviceaccounts', account.name), namespace: account.namespace });
  }

  #groups(groups: readonly string[]): ApiError | undefined {
    const on = (name: string) => this.#on(this.#group, 'groups', name);
    if (this.#mode !== '' && groups.includes('')) {
      return this.#refuse(on(''), 'impersonating the empty string group is not allowed');
    }
    if (this.#mode !== '' && groups.includes(mastersGroup)) {
      return this.#refuse(on(mastersGroup), 'impersonating the system:masters group is not allowed');
    }
    return this.#each(groups.map(on));
  }

  #extra(extra: User['extra']): ApiError | undefined {
    const on = (key: string, name: string) => ({
      ...this.#on(authenticationGroup, 'userextras', name),
      subresource: key,
    });
    for (const [key, values] of Object.entries(extra)) {
      const why = this.#mode === '' ? undefined : extraProblem(key, values);
      if (why !== undefined) return this.#refuse(on('', ''), why);
    }
    return this.#each(Object.entries(extra).flatMap(([key, values]) => values.map(value => on(key, value))));
  }

  #each(accesses: readonly Access[]): ApiError | undefined {
    for (const access of accesses) {
      const error = this.#ask(access);
      if (error !== undefined) return error;
    }
    return undefined;
  }

  #on(group: string, resource: string, name: string): Access {
    return resourceAccess({ verb: this.#verb, group, version: 'v1', resource, name });
  }

  #ask(access: Access): ApiError | undefined {
    const { decision, reason } = this.#authorizer.authorize(this.#requestor, access);
    return decision === 'allow' ? undefined : this.#refuse(access, reason);
  }

  #refuse(access: Access, reason: string): ApiError {
    return accessForbidden(this.#requestor, access, reason);
  }
}

function extraProblem(key: string, values: readonly string[]): string | undefined {
  if (key === '') return 'impersonating the empty string key in extra is not allowed';
  const [domain = '', path] = key.split(/\/(.*)/s);
  if (path === undefined || path === '' || !isSubdomain(domain)) {
    return `impersonating an invalid key in extra is not allowed: ${quote(key)} is not a path with a domain before it`;
  }
  if (values.length === 0) return 'impersonating empty values in extra is not allowed';
  return values.includes('') ? 'impersonating the empty string value in extra is not allowed' : undefined;
}

/** With the groups that go without saying. */
function completed(wanted: User, mode: Mode): User {
  const account = parseServiceAccount(wanted.name);
  let groups = wanted.groups;
  if (mode.name !== '' && nodeNameOf(wanted.name) !== undefined) groups = [nodesGroup];
  else if (account !== undefined && groups.length === 0) groups = serviceAccountGroups(account.namespace);
  if (wanted.name === anonymousName) {
    return { ...wanted, groups: groups.includes(unauthenticatedGroup) ? groups : [...groups, unauthenticatedGroup] };
  }
  return authenticated({ ...wanted, groups });
}

function withoutExtra(user: User): User {
  return { ...user, extra: { [associatedKeys]: Object.keys(user.extra).sort() } };
}

function onlyNamed({ uid, groups, extra }: User): boolean {
  return uid === '' && groups.length === 0 && Object.keys(extra).length === 0;
}

function nodeNameOf(userName: string): string | undefined {
  if (!userName.startsWith(nodeNamePrefix)) return undefined;
  const name = userName.slice(nodeNamePrefix.length);
  return isSubdomain(name) ? name : undefined;
}

function isOwnNode(wanted: User, requestor: User): boolean {
  const node = nodeNameOf(wanted.name);
  const bound = requestor.extra[nodeNameKey] ?? [];
  const isAccount = parseServiceAccount(requestor.name) !== undefined;
  return node !== undefined && isAccount && bound.length === 1 && bound[0] === node;
}
