/** What lets others verify our tokens by themselves: the issuer's description and its public keys. */

import type { ServiceAccountTokens } from '#apiserver/authn/service-account-tokens.ts';
import type { PathHandler } from '#apiserver/request.ts';

/** `advertised`: host and port at which clients find the server. */
export function openIdHandler(
  path: string,
  tokens: ServiceAccountTokens,
  advertised: () => string,
): PathHandler | undefined {
  if (path === '/.well-known/openid-configuration') {
    return document('application/json', () => tokens.openIdConfiguration(`https://${advertised()}`));
  }
  if (path === '/openid/v1/jwks' || path === '/openid/v1/jwks/') {
    return document('application/jwk-set+json', () => tokens.jwks());
  }
  return undefined;
}

function document(contentType: string, content: () => unknown): PathHandler {
  return ({ exchange }) => {
    const headers = { 'cache-control': 'public, max-age=3600', 'content-type': contentType };
    exchange.reply(200, headers, Buffer.from(JSON.stringify(content())));
  };
}
