import { ObjectMeta } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int64, list, optional, string, struct, time } from '#machinery/schema.ts';

export const BoundObjectReference = struct(
  'io.k8s.api.authentication.v1.BoundObjectReference',
  {
    kind: field(1, string, { doc: 'Pod, Secret or Node.' }),
    apiVersion: field(2, string, { doc: 'Version of the kind.' }),
    name: field(3, string, { doc: 'Name of the object.' }),
    uid: field(4, string, { doc: 'UID of the object.' }),
  },
  { doc: 'An object that a token lives no longer than.' },
);
export interface BoundObjectReference extends TypeOf<typeof BoundObjectReference> {}

export const TokenRequestSpec = struct(
  'io.k8s.api.authentication.v1.TokenRequestSpec',
  {
    audiences: always(1, list(string), { doc: 'Whom the token is for. The API server if empty.' }),
    expirationSeconds: optional(4, int64, {
      default: 3600,
      doc: 'Life of the token in seconds, at least 600. 3600 if absent.',
    }),
    boundObjectRef: always(3, BoundObjectReference, {
      nullable: true,
      doc: 'Object that the token lives no longer than.',
    }),
  },
  { doc: 'The token that is asked for.' },
);
export interface TokenRequestSpec extends TypeOf<typeof TokenRequestSpec> {}

export const TokenRequestStatus = struct(
  'io.k8s.api.authentication.v1.TokenRequestStatus',
  {
    token: field(1, string, { doc: 'The token itself.' }),
    expirationTimestamp: always(2, time, { doc: 'When it ends.' }),
  },
  { doc: 'The token.' },
);
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
  {
    doc: 'Asks for a token of a ServiceAccount.',
    gvk: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
  },
);
export interface TokenRequest extends TypeOf<typeof TokenRequest> {}
