/** What a service account token says, read from its payload: nothing in it is taken on trust of its type. */

import { parseServiceAccount } from '#apiserver/authn/user.ts';

export interface Reference {
  readonly name: string;
  readonly uid: string;
}

export interface Claims {
  /** The token lies in a Secret: without audience and end. */
  readonly legacy: boolean;
  readonly audiences: readonly string[];
  readonly namespace: string;
  readonly account: Reference;
  readonly pod?: Reference | undefined;
  readonly secret?: Reference | undefined;
  readonly node?: Reference | undefined;
  readonly id: string;
  readonly expiresMs: number | undefined;
  readonly notBeforeMs: number | undefined;
}

type Payload = Readonly<Record<string, unknown>>;

/** Undefined: something that must be there is not, or contradicts the rest. */
export function readClaims(payload: Payload, legacy: boolean): Claims | undefined {
  const subject = typeof payload.sub === 'string' ? parseServiceAccount(payload.sub) : undefined;
  if (subject === undefined) return undefined;
  const claims = legacy ? legacyClaims(payload) : boundClaims(payload);
  if (claims === undefined) return undefined;
  const agrees = claims.namespace === subject.namespace && claims.account.name === subject.name;
  return agrees ? claims : undefined;
}

function boundClaims(payload: Payload): Claims | undefined {
  const own = record(payload['kubernetes.io']);
  const account = reference(own?.serviceaccount);
  const { exp, nbf, jti } = payload;
  if (own === undefined || account === undefined || typeof exp !== 'number') return undefined;
  return {
    legacy: false,
    audiences: texts(payload.aud),
    namespace: text(own.namespace),
    account,
    pod: reference(own.pod),
    secret: reference(own.secret),
    node: reference(own.node),
    id: text(jti),
    expiresMs: exp * 1000,
    notBeforeMs: typeof nbf === 'number' ? nbf * 1000 : undefined,
  };
}

function legacyClaims(payload: Payload): Claims | undefined {
  const claim = (name: string) => text(payload[`kubernetes.io/serviceaccount/${name}`]);
  const secretName = claim('secret.name');
  if (secretName === '') return undefined;
  return {
    legacy: true,
    audiences: texts(payload.aud),
    namespace: claim('namespace'),
    account: { name: claim('service-account.name'), uid: claim('service-account.uid') },
    secret: { name: secretName, uid: '' },
    id: '',
    expiresMs: undefined,
    notBeforeMs: undefined,
  };
}

function record(value: unknown): Payload | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Payload) : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** An audience may stand alone. */
function texts(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((each): each is string => typeof each === 'string');
}

function reference(value: unknown): Reference | undefined {
  const found = record(value);
  return found === undefined ? undefined : { name: text(found.name), uid: text(found.uid) };
}
