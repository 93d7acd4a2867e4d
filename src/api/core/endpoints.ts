import { ObjectReference } from '#api/core/references.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, list, optional, string, struct } from '#machinery/schema.ts';

export const EndpointAddress = struct(
  'io.k8s.api.core.v1.EndpointAddress',
  {
    ip: always(1, string, { required: true, doc: 'The address. Not loopback or link-local.' }),
    hostname: field(3, string, { doc: "Name of the endpoint within the Service's domain." }),
    nodeName: optional(4, string, { doc: 'Node that it is on.' }),
    targetRef: optional(2, ObjectReference, { doc: 'Object that has the address, mostly a Pod.' }),
  },
  { doc: 'An address that serves.', atomic: true },
);
export interface EndpointAddress extends TypeOf<typeof EndpointAddress> {}

export const EndpointPort = struct(
  'io.k8s.api.core.v1.EndpointPort',
  {
    name: field(1, string, { doc: "Name of the Service's port. Empty if there is only one." }),
    port: always(2, int32, { required: true, doc: 'Number of the port.' }),
    protocol: field(3, string, {
      default: 'TCP',
      enum: ['TCP', 'UDP', 'SCTP'],
      doc: 'TCP, UDP or SCTP. TCP if absent.',
    }),
    appProtocol: optional(4, string, { doc: 'Protocol spoken on top. A hint.' }),
  },
  { doc: 'A port that serves.', atomic: true },
);
export interface EndpointPort extends TypeOf<typeof EndpointPort> {}

export const EndpointSubset = struct(
  'io.k8s.api.core.v1.EndpointSubset',
  {
    addresses: field(1, list(EndpointAddress), { doc: 'Addresses that are ready.' }),
    notReadyAddresses: field(2, list(EndpointAddress), { doc: 'Addresses that are not ready.' }),
    ports: field(3, list(EndpointPort), { doc: 'Ports of the addresses.' }),
  },
  { doc: 'Addresses that all serve the same ports.' },
);
export interface EndpointSubset extends TypeOf<typeof EndpointSubset> {}

export const Endpoints = struct(
  'io.k8s.api.core.v1.Endpoints',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    subsets: field(2, list(EndpointSubset), { doc: 'Groups of addresses and ports. All together are the endpoints.' }),
  },
  {
    doc: 'Deprecated: addresses behind a Service. See EndpointSlice.',
    gvk: { group: '', version: 'v1', kind: 'Endpoints' },
  },
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
