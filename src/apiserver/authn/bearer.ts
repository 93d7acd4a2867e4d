/** `Authorization: Bearer <token>`: each kind of token is asked in turn; the first that recognizes it decides. */

import type { Authenticator } from '#apiserver/authn/authenticator.ts';
import type { User } from '#apiserver/authn/user.ts';
import type { Exchange, HeaderValues } from '#lib/http/exchange.ts';
import { headerTokens, headerValue, headerValues } from '#lib/http/headers.ts';

/** `error` empty: none of mine. `audiences`: those of the token that were asked for. */
export type TokenVerdict =
  | { readonly user: User; readonly audiences: readonly string[]; readonly error?: undefined }
  | { readonly error: string; readonly user?: undefined };

export interface TokenAuthenticator {
  /** Audiences: of whom the token must be meant for one; empty: the API server itself. */
  verify(token: string, audiences: readonly string[]): TokenVerdict;
}

const invalidToken = 'invalid bearer token';

export function bearerAuthenticator(tokens: TokenAuthenticator): Authenticator {
  return {
    authenticate(exchange) {
      const token = bearerToken(exchange);
      if (token === undefined) return undefined;
      const verdict = tokens.verify(token, []);
      return verdict.user === undefined ? { error: verdict.error } : { user: verdict.user };
    },
  };
}

function bearerToken({ headers }: Exchange): string | undefined {
  const value = headerValue(headers, 'authorization')?.trim();
  if (value === undefined) return webSocketToken(headers);
  if (!/^bearer /i.test(value)) return undefined;
  const token = value.slice(7).trim();
  return token === '' ? undefined : token;
}

const protocolPrefix = 'base64url.bearer.authorization.k8s.io.';

/** A browser cannot set headers on a WebSocket: it names a protocol that holds the token, beside the one it will speak. */
function webSocketToken(headers: HeaderValues): string | undefined {
  if (!headerTokens(headers, 'upgrade').includes('websocket')) return undefined;
  const protocols = headerValues(headers, 'sec-websocket-protocol')
    .flatMap(value => value.split(','))
    .map(each => each.trim());
  const tokens = protocols.filter(each => each.startsWith(protocolPrefix));
  if (tokens.length !== 1 || protocols.length < 2) return undefined;
  const encoded = tokens[0]!.slice(protocolPrefix.length);
  if (!/^[A-Za-z0-9_-]+$/.test(encoded)) return undefined;
  return Buffer.from(encoded, 'base64url').toString('utf8');
}

/** The first that knows the token; otherwise "invalid bearer token" with what each had against it. */
export function unionTokens(methods: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    verify(token, audiences) {
      const errors = [invalidToken];
      for (const method of methods) {
        const verdict = method.verify(token, audiences);
        if (verdict.user !== undefined) return verdict;
        if (verdict.error !== '') errors.push(verdict.error);
      }
      return { error: errors.length === 1 ? invalidToken : `[${errors.join(', ')}]` };
    },
  };
}
