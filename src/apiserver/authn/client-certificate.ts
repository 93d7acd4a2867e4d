/** The user that a client certificate names: the common name, and each organization a group. */

import type { Authentication, Authenticator } from '#apiserver/authn/authenticator.ts';
import { credentialIdKey, makeUser } from '#apiserver/authn/user.ts';
import type { Clock } from '#lib/clock.ts';
import { type ParsedCertificate, parseCertificate } from '#lib/pki.ts';

interface Known {
  readonly authentication: Authentication | undefined;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

const expired: Authentication = { error: 'x509: certificate has expired or is not yet valid' };

/** TLS has verified the chain; `authority` is the root that counts here, so that a front proxy's never names a user. */
export function clientCertificateAuthenticator(authority: Uint8Array, clock: Clock): Authenticator {
  // Read once for each connection: all its requests carry the same buffer.
  const known = new WeakMap<Uint8Array, Known>();
  return {
    authenticate({ peer }) {
      const { certificate, certificateRoot } = peer;
      if (certificate === undefined || !endsAt(certificateRoot, authority)) return undefined;
      let found = known.get(certificate);
      if (found === undefined) known.set(certificate, (found = read(certificate)));
      const nowMs = clock.nowMs();
      // A connection may outlive its certificate.
      return nowMs < found.notBeforeMs || nowMs > found.notAfterMs ? expired : found.authentication;
    },
  };
}

export function endsAt(root: Uint8Array | undefined, authority: Uint8Array): boolean {
  return root === authority || (root !== undefined && Buffer.compare(root, authority) === 0);
}

function read(certificate: Uint8Array): Known {
  try {
    const parsed = parseCertificate(certificate);
    return { authentication: userOf(parsed), notBeforeMs: parsed.notBeforeMs, notAfterMs: parsed.notAfterMs };
  } catch {
    const authentication = { error: 'x509: malformed certificate' };
    return { authentication, notBeforeMs: 0, notAfterMs: Number.POSITIVE_INFINITY };
  }
}

function userOf({ subject, fingerprint, purposes }: ParsedCertificate): Authentication | undefined {
  if (!purposes.includes('client')) return { error: 'x509: certificate specifies an incompatible key usage' };
  if (subject.commonName === '') return undefined;
  const extra = { [credentialIdKey]: [`X509SHA256=${fingerprint}`] };
  return { user: makeUser({ name: subject.commonName, groups: subject.organizations, extra }) };
}
