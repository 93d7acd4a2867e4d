/**
 * A proxy in front of the server may say in headers for whom it speaks. It must show a certificate of its own authority with
 * a name that is allowed; from anybody else the headers mean nothing.
 */

import type { Authenticator } from '#apiserver/authn/authenticator.ts';
import { endsAt } from '#apiserver/authn/client-certificate.ts';
import { makeUser } from '#apiserver/authn/user.ts';
import type { Clock } from '#lib/clock.ts';
import type { HeaderValues } from '#lib/http/exchange.ts';
import { headerValue, headerValues } from '#lib/http/headers.ts';
import { type ParsedCertificate, parseCertificate } from '#lib/pki.ts';

export interface FrontProxyOptions {
  readonly authority: Uint8Array;
  /** Common names; empty: every certificate of the authority. */
  readonly allowedNames: readonly string[];
  readonly clock: Clock;
}

const extraPrefix = 'x-remote-extra-';

export function frontProxyAuthenticator({ authority, allowedNames, clock }: FrontProxyOptions): Authenticator {
  const known = new WeakMap<Uint8Array, ParsedCertificate>();
  return {
    authenticate({ peer, headers }) {
      const { certificate, certificateRoot } = peer;
      if (certificate === undefined || !endsAt(certificateRoot, authority)) return undefined;
      let proxy = known.get(certificate);
      if (proxy === undefined) {
        try {
          known.set(certificate, (proxy = parseCertificate(certificate)));
        } catch {
          return { error: 'x509: malformed certificate' };
        }
      }
      const nowMs = clock.nowMs();
      if (nowMs < proxy.notBeforeMs || nowMs > proxy.notAfterMs || !proxy.purposes.includes('client')) {
        return { error: 'x509: the certificate of the front proxy is not valid' };
      }
      const { commonName } = proxy.subject;
      if (allowedNames.length > 0 && !allowedNames.includes(commonName)) {
        return { error: `x509: subject with cn=${commonName} is not in the allowed list` };
      }
      return userInHeaders(headers);
    },
  };
}

function userInHeaders(headers: HeaderValues) {
  const name = headerValue(headers, 'x-remote-user')?.trim() ?? '';
  if (name === '') return undefined;
  const uid = headerValue(headers, 'x-remote-uid') ?? '';
  const groups = headerValues(headers, 'x-remote-group');
  return { user: makeUser({ name, uid, groups, extra: extraInHeaders(headers, extraPrefix) }) };
}

/** `<prefix><key>: value`, the key in lower case with its escapes resolved. */
export function extraInHeaders(headers: HeaderValues, prefix: string): Record<string, readonly string[]> {
  const extra: Record<string, readonly string[]> = Object.create(null);
  for (const header in headers) {
    if (!header.startsWith(prefix)) continue;
    const key = unescapeKey(header.slice(prefix.length));
    extra[key] = [...(extra[key] ?? []), ...headerValues(headers, header)];
  }
  return extra;
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key; // As upstream: a key that cannot be unescaped is taken as it stands.
  }
}
