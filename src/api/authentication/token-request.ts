import { ObjectMeta } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int64, list, optional, string, struct, time } from '#machinery/schema.ts';

export const BoundObjectReference = struct('io.k8s.api.authentication.v1.BoundObjectReference', {
  kind: field(1, string),
  apiVersion: field(2, string),
  name: field(3, string),
  uid: field(4, string),
});
export interface BoundObjectReference extends TypeOf<typeof BoundObjectReference> {}

export const TokenRequestSpec = struct('io.k8s.api.authentication.v1.TokenRequestSpec', {
  audiences: always(1, list(string)),
  expirationSeconds: optional(4, int64, { default: 3600 }),
  boundObjectRef: always(3, BoundObjectReference),
});
export interface TokenRequestSpec extends TypeOf<typeof TokenRequestSpec> {}

export const TokenRequestStatus = struct('io.k8s.api.authentication.v1.TokenRequestStatus', {
  token: field(1, string),
  expirationTimestamp: always(2, time),
});
export interface TokenRequestStatus extends TypeOf<typeof TokenRequestStatus> {}

export const TokenRequest = struct(
  'io.k8s.api.authentication.v1.TokenRequest',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, TokenRequestSpec),
    status: always(3, TokenRequestStatus),
  },
  { gvk: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' } },
);
export interface TokenRequest extends TypeOf<typeof TokenRequest> {}
