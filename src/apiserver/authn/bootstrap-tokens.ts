/** Tokens for joining: `<id>.<secret>`, kept in the Secret `bootstrap-token-<id>` of kube-system. */

import { timingSafeEqual } from 'node:crypto';
import type { Secret } from '#api/core/secret.ts';
import type { TokenAuthenticator, TokenVerdict } from '#apiserver/authn/bearer.ts';
import { makeUser } from '#apiserver/authn/user.ts';
import type { Objects } from '#apiserver/objects.ts';
import type { Clock } from '#lib/clock.ts';

const tokenForm = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const groupForm = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
const timeForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;
const notMine: TokenVerdict = { error: '' };

export function bootstrapTokens(options: {
  secrets: Objects<Secret>;
  audiences: readonly string[];
  clock: Clock;
}): TokenAuthenticator {
  const { secrets, audiences, clock } = options;
  return {
    verify(token, asked) {
      const [, id = '', secret = ''] = tokenForm.exec(token) ?? [];
      const found = id === '' ? undefined : secrets.get('kube-system', `bootstrap-token-${id}`);
      if (found === undefined || !isGood(found, id, secret, clock.nowMs())) return notMine;
      const groups = extraGroups(field(found, 'auth-extra-groups'));
      if (groups === undefined) return notMine;
      const user = makeUser({ name: `system:bootstrap:${id}`, groups: ['system:bootstrappers', ...groups] });
      const shared = asked.length === 0 ? audiences : asked.filter(each => audiences.includes(each));
      return shared.length === 0 ? notMine : { user, audiences: shared };
    },
  };
}

function field(secret: Secret, key: string): string {
  const value = Object.hasOwn(secret.data ?? {}, key) ? secret.data![key]! : '';
  return Buffer.from(value, 'base64').toString('utf8');
}

function isGood(found: Secret, id: string, secret: string, nowMs: number): boolean {
  if (found.metadata?.deletionTimestamp != null || found.type !== 'bootstrap.kubernetes.io/token') return false;
  const expected = Buffer.from(field(found, 'token-secret'));
  const given = Buffer.from(secret);
  // How long the comparison takes must not tell how much of the secret was right.
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return false;
  if (field(found, 'token-id') !== id || field(found, 'usage-bootstrap-authentication') !== 'true') return false;
  const expiration = field(found, 'expiration');
  // What is not a time is not in the future.
  return expiration === '' || (timeForm.test(expiration) && Date.parse(expiration) > nowMs);
}

/** Undefined: a group that this kind of token may not give. */
function extraGroups(list: string): readonly string[] | undefined {
  const groups = list === '' ? [] : [...new Set(list.split(',').map(each => each.trim()))].sort();
  return groups.every(each => groupForm.test(each)) ? groups : undefined;
}
