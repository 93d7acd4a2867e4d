/** Certificates for tests: an authority, and in one line what it issues, valid around the time of the test. */

import { issue, keyPem, newAuthority, pem } from '#lib/pki.ts';
import { systemRandom } from '#lib/random.ts';

/** PEM. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface IssueOptions {
  /** For a server on loopback; by default for a client. */
  server?: boolean;
  notBeforeMs?: number;
  notAfterMs?: number;
}

export interface TestCa {
  readonly certificate: string;
  issue(name: { commonName: string; organization?: string }, options?: IssueOptions): TestCertificate;
}

const dayMs = 24 * 60 * 60 * 1000;
const loopback = { dns: ['localhost'], ips: ['127.0.0.1'] };

export function testCa(commonName: string, nowMs: number): TestCa {
  const times = { notBeforeMs: nowMs - dayMs, notAfterMs: nowMs + dayMs };
  const authority = newAuthority({ subject: { commonName, organizations: [] }, ...times }, systemRandom);
  return {
    certificate: pem('CERTIFICATE', authority.certificate),
    issue({ commonName: name, organization }, { server = false, ...validity } = {}) {
      const subject = { commonName: name, organizations: organization === undefined ? [] : [organization] };
      const purpose = server ? ('server' as const) : ('client' as const);
      const parts = { subject, purpose, ...times, ...validity, ...(server ? { names: loopback } : {}) };
      const made = issue(parts, authority, systemRandom);
      return { certificate: pem('CERTIFICATE', made.certificate), key: keyPem(made.key) };
    },
  };
}
