/**
 * Service account tokens: JSON web tokens that we sign, say for whom they are meant, may be bound to an object, and die with
 * it or with their account.
 *
 *   { aud: [...], exp, iat, nbf, iss, jti, sub: 'system:serviceaccount:a:default',
 *     'kubernetes.io': { namespace: 'a', serviceaccount: { name, uid }, pod?: { name, uid }, node?, secret?, warnafter? } }
 *
 * Signing and verifying are synchronous: a thread pool would finish in an order that no seed can replay. A signature is
 * checked once; whether the token is still good is checked at each use.
 */

import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Node } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Secret } from '#api/core/secret.ts';
import type { ServiceAccount } from '#api/core/service-account.ts';
import type { TokenAuthenticator, TokenVerdict } from '#apiserver/authn/bearer.ts';
import { type Claims, type Reference, readClaims } from '#apiserver/authn/token-claims.ts';
import { credentialIdKey, makeUser, serviceAccountGroups, serviceAccountUserName } from '#apiserver/authn/user.ts';
import type { Objects } from '#apiserver/objects.ts';
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import { quoteList } from '#machinery/validation/field-error.ts';

/** The issuer of tokens that lie in Secrets: they have no audience and never expire. */
const legacyIssuer = 'kubernetes/serviceaccount';
/** An object counts as gone this long after its deletion was asked for. */
const deletionLeewayMs = 60_000;
/** Tokens whose signature is remembered. */
const verifiedMax = 8192;
/** A token with a thousand audiences is good too, but not remembered. */
const verifiedCharactersMax = 8 << 10;

export interface TokenLookups {
  readonly serviceAccounts: Objects<ServiceAccount>;
  readonly pods: Objects<Pod>;
  readonly secrets: Objects<Secret>;
  readonly nodes: Objects<Node>;
}

export interface TokenOptions {
  readonly issuer: string;
  /** Of the API server itself. */
  readonly audiences: readonly string[];
  /** The first signs; all verify, so that a key can be replaced. */
  readonly keys: readonly KeyObject[];
  readonly lookups: TokenLookups;
  readonly clock: Clock;
  readonly random: Random;
}

export interface TokenRequestParts {
  readonly namespace: string;
  readonly account: Reference;
  readonly audiences: readonly string[];
  readonly lifeSeconds: number;
  readonly pod?: Reference | undefined;
  readonly secret?: Reference | undefined;
  readonly node?: Reference | undefined;
  /** After this long the holder should have fetched a new one; the token itself lives on. */
  readonly warnAfterSeconds?: number | undefined;
}

export interface IssuedToken {
  readonly token: string;
  readonly issuedAtMs: number;
}

interface Key {
  readonly private: KeyObject;
  readonly public: KeyObject;
  readonly id: string;
  readonly algorithm: 'RS256' | 'ES256';
}

export class ServiceAccountTokens implements TokenAuthenticator {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly #options: TokenOptions;
  readonly #keys: readonly Key[];
  /** In the order of use, the longest unused first. */
  readonly #verified = new Map<string, Claims>();

  constructor(options: TokenOptions) {
    this.#options = options;
    this.issuer = options.issuer;
    this.audiences = options.audiences;
    this.#keys = options.keys.map(readKey);
  }

  issue(parts: TokenRequestParts): IssuedToken {
    const { clock, random, issuer } = this.#options;
    const issuedAtMs = clock.nowMs();
    const now = Math.floor(issuedAtMs / 1000);
    const { namespace, account, pod, secret, node, warnAfterSeconds } = parts;
    const token = signed(this.#keys[0]!, {
      aud: parts.audiences,
      exp: now + parts.lifeSeconds,
      iat: now,
      iss: issuer,
      jti: random.uuid(),
      'kubernetes.io': {
        namespace,
        ...(node && { node }),
        ...(pod && { pod }),
        ...(secret && { secret }),
        serviceaccount: account,
        ...(warnAfterSeconds !== undefined && { warnafter: now + warnAfterSeconds }),
      },
      nbf: now,
      sub: serviceAccountUserName(namespace, account.name),
    });
    return { token, issuedAtMs };
  }

  verify(token: string, asked: readonly string[]): TokenVerdict {
    const claims = this.#verified.get(token) ?? this.#read(token);
    if (typeof claims === 'string') return { error: claims };
    this.#remember(token, claims);
    const wanted = asked.length === 0 ? this.audiences : asked;
    const meant = claims.legacy && claims.audiences.length === 0 ? this.audiences : claims.audiences;
    const audiences = meant.filter(each => wanted.includes(each));
    if (audiences.length === 0) {
      const error = `token audiences ${quoteList(meant)} is invalid for the target audiences ${quoteList(wanted)}`;
      return { error };
    }
    const error = this.#problem(token, claims);
    return error === undefined ? { user: userOf(claims), audiences } : { error };
  }

  /** The body of `/openid/v1/jwks`. */
  jwks(): { keys: readonly Record<string, unknown>[] } {
    return {
      keys: this.#keys.map(key => {
        const { kty, ...rest } = key.public.export({ format: 'jwk' });
        return { use: 'sig', kty, kid: key.id, alg: key.algorithm, ...rest };
      }),
    };
  }

  /** The body of `/.well-known/openid-configuration`. */
  openIdConfiguration(serverUrl: string): Record<string, unknown> {
    return {
      issuer: this.issuer,
      jwks_uri: `${serverUrl}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [...new Set(this.#keys.map(key => key.algorithm))],
    };
  }

  #remember(token: string, claims: Claims): void {
    if (token.length > verifiedCharactersMax) return;
    this.#verified.delete(token);
    this.#verified.set(token, claims);
    if (this.#verified.size > verifiedMax) this.#verified.delete(this.#verified.keys().next().value!);
  }

  /** The claims of a token with a good signature; a text says why not, '' that it is none of ours. */
  #read(token: string): Claims | string {
    const parts = token.split('.');
    if (parts.length !== 3) return '';
    const [header, payload] = [readPart(parts[0]!), readPart(parts[1]!)];
    if (header === undefined || payload === undefined || !isBase64url.test(parts[2]!)) return '';
    if (payload.iss !== this.issuer && payload.iss !== legacyIssuer) return '';
    const bytes = Buffer.from(parts[2]!, 'base64url');
    const text = `${parts[0]}.${parts[1]}`;
    const fits = this.#keys.some(
      key => header.alg === key.algorithm && (header.kid ?? key.id) === key.id && signatureFits(key, text, bytes),
    );
    if (!fits) return 'failed to verify the signature of the token';
    return readClaims(payload, payload.iss === legacyIssuer) ?? 'service account token claims could not be validated';
  }

  /** What has happened since: the token expired, or what it depends on is gone. */
  #problem(token: string, claims: Claims): string | undefined {
    const nowMs = this.#options.clock.nowMs();
    if (claims.expiresMs !== undefined && nowMs > claims.expiresMs) return 'service account token has expired';
    if (claims.notBeforeMs !== undefined && nowMs < claims.notBeforeMs - deletionLeewayMs) {
      return 'service account token could not be validated';
    }
    const { namespace, account, pod, secret, node } = claims;
    const { lookups } = this.#options;
    const found = lookups.serviceAccounts.get(namespace, account.name)?.metadata;
    if (found === undefined) return `serviceaccounts "${account.name}" not found`;
    if (isGone(found, nowMs)) return `service account ${namespace}/${account.name} has been deleted`;
    if (found.uid !== account.uid) return `service account UID (${found.uid}) does not match claim (${account.uid})`;
    if (claims.legacy) return this.#secretProblem(token, claims, nowMs);
    return (
      (secret && problem('secret', secret, lookups.secrets.get(namespace, secret.name), nowMs)) ??
      (pod && problem('pod', pod, lookups.pods.get(namespace, pod.name), nowMs)) ??
      (node && !pod ? problem('node', node, lookups.nodes.get('', node.name), nowMs) : undefined)
    );
  }

  /** A token of a Secret is good while the Secret holds this very token. */
  #secretProblem(token: string, { namespace, secret }: Claims, nowMs: number): string | undefined {
    const found = secret === undefined ? undefined : this.#options.lookups.secrets.get(namespace, secret.name);
    const held = Buffer.from(found?.data?.token ?? '', 'base64').toString('latin1');
    const good = found !== undefined && !isGone(found.metadata, nowMs) && held === token;
    return good ? undefined : 'service account token has been invalidated';
  }
}

/** The token that a Secret of type service-account-token holds. */
export function tokenForSecret(key: KeyObject, namespace: string, account: Reference, secretName: string): string {
  const prefix = 'kubernetes.io/serviceaccount';
  return signed(readKey(key), {
    iss: legacyIssuer,
    [`${prefix}/namespace`]: namespace,
    [`${prefix}/secret.name`]: secretName,
    [`${prefix}/service-account.name`]: account.name,
    [`${prefix}/service-account.uid`]: account.uid,
    sub: serviceAccountUserName(namespace, account.name),
  });
}

function signed(key: Key, payload: object): string {
  const header = { alg: key.algorithm, kid: key.id };
  const text = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(payload))}`;
  return `${text}.${signature(key, text).toString('base64url')}`;
}

function problem(
  kind: string,
  claimed: Reference,
  found: { metadata?: ObjectMeta } | undefined,
  nowMs: number,
): string | undefined {
  if (found === undefined || isGone(found.metadata, nowMs)) return 'service account token has been invalidated';
  if (found.metadata?.uid === claimed.uid) return undefined;
  return `${kind} UID (${found.metadata?.uid}) does not match service account ${kind} ref claim (${claimed.uid})`;
}

function isGone(metadata: ObjectMeta | undefined, nowMs: number): boolean {
  const deletedMs = metadata?.deletionTimestamp == null ? undefined : Date.parse(metadata.deletionTimestamp);
  return deletedMs !== undefined && deletedMs < nowMs - deletionLeewayMs;
}

function userOf({ namespace, account, pod, node, id, legacy }: Claims) {
  const prefix = 'authentication.kubernetes.io';
  const named = (kind: string, reference: Reference | undefined) => ({
    ...(reference && { [`${prefix}/${kind}-name`]: [reference.name] }),
    ...(reference?.uid && { [`${prefix}/${kind}-uid`]: [reference.uid] }),
  });
  const extra = {
    ...(id !== '' && !legacy && { [credentialIdKey]: [`JTI=${id}`] }),
    ...named('node', node),
    ...named('pod', pod),
  };
  const name = serviceAccountUserName(namespace, account.name);
  return makeUser({ name, uid: account.uid, groups: serviceAccountGroups(namespace), extra });
}

function readKey(key: KeyObject): Key {
  const publicKey = createPublicKey(key);
  // The digest of the public key: the same name on every server that has the key.
  const id = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  return { private: key, public: publicKey, id, algorithm: key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256' };
}

function signature(key: Key, signed: string): Buffer {
  return sign('sha256', Buffer.from(signed), { key: key.private, dsaEncoding: 'ieee-p1363' });
}

function signatureFits(key: Key, signed: string, bytes: Buffer): boolean {
  return verify('sha256', Buffer.from(signed), { key: key.public, dsaEncoding: 'ieee-p1363' }, bytes);
}

function base64url(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

const isBase64url = /^[A-Za-z0-9_-]+$/;

function readPart(part: string): Record<string, unknown> | undefined {
  if (!isBase64url.test(part)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
