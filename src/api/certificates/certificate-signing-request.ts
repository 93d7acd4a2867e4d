import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, bytes, field, int32, list, map, optional, string, struct, time } from '#machinery/schema.ts';

export const CertificateSigningRequestSpec = struct(
  'io.k8s.api.certificates.v1.CertificateSigningRequestSpec',
  {
    request: always(1, bytes, { required: true, nullable: true, doc: 'A PKCS #10 request in PEM.' }),
    uid: field(3, string, { doc: 'ID of who asked. Set by the server.' }),
    signerName: always(7, string, { required: true, doc: 'Who is to sign, as domain/name.' }),
    expirationSeconds: optional(8, int32, {
      doc: 'Life to ask for in seconds, at least 600. The signer decides if absent.',
    }),
    usages: field(5, list(string), {
      enum: [
        'signing',
        'digital signature',
        'content commitment',
        'key encipherment',
        'key agreement',
        'data encipherment',
        'cert sign',
        'crl sign',
        'encipher only',
        'decipher only',
        'any',
        'server auth',
        'client auth',
        'code signing',
        'email protection',
        's/mime',
        'ipsec end system',
        'ipsec tunnel',
        'ipsec user',
        'timestamping',
        'ocsp signing',
        'microsoft sgc',
        'netscape sgc',
      ],
      doc: 'What the key is to be used for.',
    }),
    username: field(2, string, { doc: 'Who asked. Set by the server.' }),
    groups: field(4, list(string), { doc: 'Groups of who asked. Set by the server.' }),
    extra: field(6, map(list(string)), { doc: 'Further facts about who asked. Set by the server.' }),
  },
  { doc: 'The certificate that is asked for.' },
);
export interface CertificateSigningRequestSpec extends TypeOf<typeof CertificateSigningRequestSpec> {}

export const CertificateSigningRequestCondition = struct(
  'io.k8s.api.certificates.v1.CertificateSigningRequestCondition',
  {
    type: always(1, string, {
      required: true,
      enum: ['Approved', 'Denied', 'Failed'],
      doc: 'Approved, Denied or Failed.',
    }),
    status: always(6, string, { required: true, default: 'True', doc: 'Whether it holds: True, False or Unknown.' }),
    reason: field(2, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(3, string, { doc: 'A sentence that says why, for people.' }),
    lastUpdateTime: always(4, time, { doc: 'When the condition was last written.' }),
    lastTransitionTime: always(5, time, { doc: 'When the status last changed.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface CertificateSigningRequestCondition extends TypeOf<typeof CertificateSigningRequestCondition> {}

export const CertificateSigningRequestStatus = struct(
  'io.k8s.api.certificates.v1.CertificateSigningRequestStatus',
  {
    conditions: field(1, list(CertificateSigningRequestCondition, { type: 'map', keys: ['type'] }), {
      doc: 'Whether it was approved, denied or failed.',
    }),
    certificate: optional(2, bytes, { doc: 'The certificates in PEM, once signed.' }),
  },
  { doc: 'What has become of the request.' },
);
export interface CertificateSigningRequestStatus extends TypeOf<typeof CertificateSigningRequestStatus> {}

export const CertificateSigningRequest = struct(
  'io.k8s.api.certificates.v1.CertificateSigningRequest',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, CertificateSigningRequestSpec, { required: true }),
    status: always(3, CertificateSigningRequestStatus),
  },
  {
    doc: 'Asks a signer for a certificate.',
    gvk: { group: 'certificates.k8s.io', version: 'v1', kind: 'CertificateSigningRequest' },
  },
);
export interface CertificateSigningRequest extends TypeOf<typeof CertificateSigningRequest> {}

export const certificateSigningRequests = defineResource({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  singular: 'certificatesigningrequest',
  namespaced: false,
  verbs: allVerbs,
  shortNames: ['csr'],
  subresources: {
    approval: { verbs: ['get', 'patch', 'update'] },
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: CertificateSigningRequest,
});
