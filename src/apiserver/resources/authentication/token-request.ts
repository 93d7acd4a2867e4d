/** POST serviceaccounts/NAME/token: a token for an account, bound to an object if asked for. */

import type { BoundObjectReference } from '#api/authentication/token-request.ts';
import type { ServiceAccount } from '#api/core/service-account.ts';
import type { ServiceAccountTokens, TokenLookups } from '#apiserver/authn/service-account-tokens.ts';
import type { Reference } from '#apiserver/authn/token-claims.ts';
import { rfc3339 } from '#lib/clock.ts';
import { badRequestError, conflictError, invalidError, notFoundError } from '#machinery/api-error.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import { parseApiVersion } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { type FieldError, invalid } from '#machinery/validation/field-error.ts';

const kind = { group: 'authentication.k8s.io', kind: 'TokenRequest' };
const lifeSecondsDefault = 3600;
const lifeSecondsMin = 600;
const lifeSecondsMax = 2 ** 32;
/** The life that our own projected volumes ask for. Old clients read such a token once and never again … */
const projectedLifeSeconds = 3607;
/** … so it lives for a year, and only says after an hour that a new one was due. */
const prolongedLifeSeconds = 365 * 24 * 3600;

export interface TokenRequestDeps {
  readonly tokens: ServiceAccountTokens;
  readonly lookups: TokenLookups;
}

/** What is bound, as the token's claims say it. */
interface Bound {
  readonly pod?: Reference;
  readonly node?: Reference;
  readonly secret?: Reference;
}

/** Fills in what was left out, before admission sees the request. Throws 422 and 404. */
export function prepareTokenRequest(
  request: AnyJson,
  namespace: string,
  name: string,
  deps: TokenRequestDeps,
): ServiceAccount {
  const { metadata } = request;
  const errors: FieldError[] = [];
  if (metadata.name && metadata.name !== name) {
    errors.push(invalid('metadata.name', metadata.name, 'must match the service account name if specified'));
  }
  if (metadata.namespace && metadata.namespace !== namespace) {
    const why = 'must match the service account namespace if specified';
    errors.push(invalid('metadata.namespace', metadata.namespace, why));
  }
  if (errors.length > 0) throw invalidError(kind, name, errors);
  const account = deps.lookups.serviceAccounts.get(namespace, name);
  if (account === undefined) throw notFoundError({ group: '', resource: 'serviceaccounts' }, name);
  request.spec ??= {};
  if (!request.spec.audiences?.length) request.spec.audiences = [...deps.tokens.audiences];
  request.spec.expirationSeconds ??= lifeSecondsDefault;
  request.spec.boundObjectRef ??= null;
  const life = lifeErrors(request.spec.expirationSeconds);
  if (life.length > 0) throw invalidError(kind, metadata.name ?? '', life);
  return account;
}

function lifeErrors(seconds: number): FieldError[] {
  const path = 'spec.expirationSeconds';
  if (seconds < lifeSecondsMin) return [invalid(path, seconds, 'may not specify a duration less than 10 minutes')];
  if (seconds > lifeSecondsMax) return [invalid(path, seconds, 'may not specify a duration larger than 2^32 seconds')];
  return [];
}

/** Signs the token that a prepared and admitted request asks for. */
export function issueToken(request: AnyJson, account: ServiceAccount, deps: TokenRequestDeps): AnyJson {
  const { name, namespace, uid } = referenceOf(account.metadata);
  const { audiences, expirationSeconds, boundObjectRef } = request.spec;
  const bound = boundObjectRef == null ? {} : bind(boundObjectRef, namespace, name, deps.lookups);
  const isOwnAudience = audiences.every((each: string) => deps.tokens.audiences.includes(each));
  const prolongs = expirationSeconds === projectedLifeSeconds && bound.pod !== undefined && isOwnAudience;
  const { token, issuedAtMs } = deps.tokens.issue({
    namespace,
    account: { name, uid },
    audiences,
    lifeSeconds: prolongs ? prolongedLifeSeconds : expirationSeconds,
    ...(prolongs && { warnAfterSeconds: projectedLifeSeconds }),
    ...bound,
  });
  const { managedFields } = request.metadata;
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {
      name,
      namespace,
      uid,
      creationTimestamp: rfc3339(issuedAtMs),
      ...(managedFields !== undefined && { managedFields }),
    },
    spec: { audiences, expirationSeconds, boundObjectRef },
    status: { token, expirationTimestamp: rfc3339(issuedAtMs + expirationSeconds * 1000) },
  };
}

function bind(ref: BoundObjectReference, namespace: string, account: string, lookups: TokenLookups): Bound {
  const { group, version } = parseApiVersion(ref.apiVersion ?? '');
  const name = ref.name ?? '';
  const known = group === '' ? ref.kind : undefined;
  if (known === 'Pod') {
    const pod = existing(lookups.pods.get(namespace, name), 'pods', name);
    if (pod.spec?.serviceAccountName !== account) {
      const why = 'to pod running with different serviceaccount name.';
      throw badRequestError(`cannot bind token for serviceaccount ${JSON.stringify(account)} ${why}`);
    }
    const reference = checked(ref, pod.metadata);
    const nodeName = pod.spec.nodeName ?? '';
    if (nodeName === '') return { pod: reference };
    const node = lookups.nodes.get('', nodeName)?.metadata?.uid;
    return { pod: reference, node: { name: nodeName, uid: node ?? '' } };
  }
  if (known === 'Node') {
    return { node: checked(ref, existing(lookups.nodes.get('', name), 'nodes', name).metadata) };
  }
  if (known === 'Secret') {
    return { secret: checked(ref, existing(lookups.secrets.get(namespace, name), 'secrets', name).metadata) };
  }
  throw badRequestError(`cannot bind token to object of type ${group}/${version}, Kind=${ref.kind ?? ''}`);
}

function existing<T>(found: T | undefined, resource: string, name: string): T {
  if (found === undefined) throw notFoundError({ group: '', resource }, name);
  return found;
}

function checked(ref: BoundObjectReference, metadata: ObjectMeta | undefined): Reference {
  const { name, uid } = referenceOf(metadata);
  if (ref.uid && ref.uid !== uid) {
    const why = `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflictError({ group: '', resource: ref.kind ?? '' }, name, why);
  }
  return { name, uid };
}

function referenceOf(metadata: ObjectMeta | undefined) {
  const { name = '', namespace = '', uid = '' } = metadata ?? {};
  return { name, namespace, uid };
}
