/** Reading a CertificateSigningRequest. Pure. */

import type { CertificateSigningRequest } from '#api/certificates/certificate-signing-request.ts';
import { parseSigningRequest, pemBlocks, type SigningRequest } from '#lib/pki.ts';

export function hasCondition(request: CertificateSigningRequest, type: string): boolean {
  return request.status?.conditions?.some(condition => condition.type === type) ?? false;
}

/** What is asked to be certified. Throws when it is not a request or its signature does not fit. */
export function readRequest(request: CertificateSigningRequest): SigningRequest {
  const text = Buffer.from(request.spec?.request ?? '', 'base64').toString('utf8');
  const [block] = pemBlocks(text, 'CERTIFICATE REQUEST');
  if (block === undefined) throw new Error('PEM block type must be CERTIFICATE REQUEST');
  return parseSigningRequest(block);
}
