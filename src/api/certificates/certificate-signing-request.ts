import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, bytes, field, int32, list, map, optional, string, struct, time } from '#machinery/schema.ts';

export const CertificateSigningRequestSpec = struct('io.k8s.api.certificates.v1.CertificateSigningRequestSpec', {
  request: always(1, bytes, { required: true }),
  uid: field(3, string),
  signerName: always(7, string, { required: true }),
  expirationSeconds: optional(8, int32),
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
  }),
  username: field(2, string),
  groups: field(4, list(string)),
  extra: field(6, map(list(string))),
});
export interface CertificateSigningRequestSpec extends TypeOf<typeof CertificateSigningRequestSpec> {}

export const CertificateSigningRequestCondition = struct(
  'io.k8s.api.certificates.v1.CertificateSigningRequestCondition',
  {
    type: always(1, string, { required: true, enum: ['Approved', 'Denied', 'Failed'] }),
    status: always(6, string, { required: true, default: 'True' }),
    reason: field(2, string),
    message: field(3, string),
    lastUpdateTime: always(4, time),
    lastTransitionTime: always(5, time),
  },
);
export interface CertificateSigningRequestCondition extends TypeOf<typeof CertificateSigningRequestCondition> {}

export const CertificateSigningRequestStatus = struct('io.k8s.api.certificates.v1.CertificateSigningRequestStatus', {
  conditions: field(1, list(CertificateSigningRequestCondition, { type: 'map', keys: ['type'] })),
  certificate: optional(2, bytes),
});
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
  { gvk: { group: 'certificates.k8s.io', version: 'v1', kind: 'CertificateSigningRequest' } },
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
