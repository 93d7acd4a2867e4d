/**
 * May this user do that? Authorizers are asked in turn; the first that has an opinion decides, and nobody's opinion is a
 * refusal. All answer at once, from indexes in memory that follow changes: a request never costs the size of the cluster.
 */

import type { User } from '#apiserver/authn/user.ts';
import { mastersGroup } from '#apiserver/authn/user.ts';

/** What is to be done. A `RequestInfo` is one. */
export interface Access {
  readonly verb: string;
  /** False: only `path` and `verb` count. */
  readonly isResource: boolean;
  readonly path: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** As sent; for list, watch and deletecollection. */
  readonly fieldSelector?: string | undefined;
  readonly labelSelector?: string | undefined;
}

export type Decision = 'allow' | 'deny' | 'no-opinion';

export interface Verdict {
  readonly decision: Decision;
  /** Why, for the refusal's message, reviews and audit. */
  readonly reason: string;
  /** Something that was in the way of an answer (a binding to a role that is gone), for reviews. */
  readonly error?: string | undefined;
}

export interface Authorizer {
  authorize(user: User, access: Access): Verdict;
}

export const noOpinion: Verdict = { decision: 'no-opinion', reason: '' };
const allowedToMasters: Verdict = { decision: 'allow', reason: '' };

/** An access to a resource, what is not said being empty. */
export function resourceAccess(parts: Partial<Omit<Access, 'isResource' | 'path'>>): Access {
  return {
    verb: '',
    group: '',
    version: '',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
    ...parts,
    isResource: true,
    path: '',
  };
}

/** `system:masters` first, then each in turn; the reasons of those without an opinion are kept for the refusal. */
export function unionAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(user, access) {
      if (user.groups.includes(mastersGroup)) return allowedToMasters;
      const reasons: string[] = [];
      const errors: string[] = [];
      for (const each of authorizers) {
        const verdict = each.authorize(user, access);
        if (verdict.reason !== '') reasons.push(verdict.reason);
        if (verdict.error) errors.push(verdict.error);
        if (verdict.decision !== 'no-opinion') return verdict;
      }
      return { decision: 'no-opinion', reason: reasons.join('\n'), error: errors.join('\n') || undefined };
    },
  };
}
