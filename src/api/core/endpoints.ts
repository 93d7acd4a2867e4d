import { ObjectReference } from '#api/core/references.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, list, optional, string, struct } from '#machinery/schema.ts';

export const EndpointAddress = struct(
  'io.k8s.api.core.v1.EndpointAddress',
  {
    ip: always(1, string, { required: true }),
    hostname: field(3, string),
    nodeName: optional(4, string),
    targetRef: optional(2, ObjectReference),
  },
  { atomic: true },
);
export interface EndpointAddress extends TypeOf<typeof EndpointAddress> {}

export const EndpointPort = struct(
  'io.k8s.api.core.v1.EndpointPort',
  {
    name: field(1, string),
    port: always(2, int32, { required: true }),
    protocol: field(3, string, { default: 'TCP', enum: ['TCP', 'UDP', 'SCTP'] }),
    appProtocol: optional(4, string),
  },
  { atomic: true },
);
export interface EndpointPort extends TypeOf<typeof EndpointPort> {}

export const EndpointSubset = struct('io.k8s.api.core.v1.EndpointSubset', {
  addresses: field(1, list(EndpointAddress)),
  notReadyAddresses: field(2, list(EndpointAddress)),
  ports: field(3, list(EndpointPort)),
});
export interface EndpointSubset extends TypeOf<typeof EndpointSubset> {}

export const Endpoints = struct(
  'io.k8s.api.core.v1.Endpoints',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    subsets: field(2, list(EndpointSubset)),
  },
  { gvk: { group: '', version: 'v1', kind: 'Endpoints' } },
);
export interface Endpoints extends TypeOf<typeof Endpoints> {}

export const endpoints = defineResource({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['ep'],
  deprecated: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  schema: Endpoints,
});
