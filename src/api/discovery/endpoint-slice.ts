import { ObjectReference } from '#api/core/references.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, list, map, optional, string, struct } from '#machinery/schema.ts';

export const EndpointConditions = struct(
  'io.k8s.api.discovery.v1.EndpointConditions',
  {
    ready: optional(1, boolean, { doc: 'Whether it takes new connections. True if absent.' }),
    serving: optional(2, boolean, { doc: 'Whether it serves, even while it ends. As ready if absent.' }),
    terminating: optional(3, boolean, { doc: 'Whether it is ending. False if absent.' }),
  },
  { doc: 'State of an endpoint.' },
);
export interface EndpointConditions extends TypeOf<typeof EndpointConditions> {}

export const ForNode = struct(
  'io.k8s.api.discovery.v1.ForNode',
  {
    name: always(1, string, { required: true, doc: 'Name of the node.' }),
  },
  { doc: 'A node that should use an endpoint.' },
);
export interface ForNode extends TypeOf<typeof ForNode> {}

export const ForZone = struct(
  'io.k8s.api.discovery.v1.ForZone',
  {
    name: always(1, string, { required: true, doc: 'Name of the zone.' }),
  },
  { doc: 'A zone that should use an endpoint.' },
);
export interface ForZone extends TypeOf<typeof ForZone> {}

export const EndpointHints = struct(
  'io.k8s.api.discovery.v1.EndpointHints',
  {
    forZones: field(1, list(ForZone), { doc: 'Zones that should use it.' }),
    forNodes: field(2, list(ForNode), { doc: 'Nodes that should use it.' }),
  },
  { doc: 'Who should use an endpoint.' },
);
export interface EndpointHints extends TypeOf<typeof EndpointHints> {}

export const Endpoint = struct(
  'io.k8s.api.discovery.v1.Endpoint',
  {
    addresses: always(1, list(string, { type: 'set' }), {
      required: true,
      doc: 'Its addresses, all of one type. Only the first is used.',
    }),
    conditions: always(2, EndpointConditions, { doc: 'State of the endpoint.' }),
    hostname: optional(3, string, { doc: "Name of the endpoint within the Service's domain." }),
    targetRef: optional(4, ObjectReference, { doc: 'Object that has the address, mostly a Pod.' }),
    deprecatedTopology: field(5, map(string), { doc: 'Deprecated: labels of its place.' }),
    nodeName: optional(6, string, { doc: 'Node that it is on.' }),
    zone: optional(7, string, { doc: 'Zone that it is in.' }),
    hints: optional(8, EndpointHints, { doc: 'Who should use it. Everyone if absent.' }),
  },
  { doc: 'One endpoint, mostly a Pod.' },
);
export interface Endpoint extends TypeOf<typeof Endpoint> {}

export const EndpointPort = struct(
  'io.k8s.api.discovery.v1.EndpointPort',
  {
    name: always(1, string, { doc: "Name of the Service's port. Empty if there is only one." }),
    protocol: optional(2, string, { default: 'TCP', doc: 'TCP, UDP or SCTP. TCP if absent.' }),
    port: optional(3, int32, { doc: 'Number of the port.' }),
    appProtocol: optional(4, string, { doc: 'Protocol spoken on top. A hint.' }),
  },
  { doc: 'A port of all endpoints of the slice.', atomic: true },
);
export interface EndpointPort extends TypeOf<typeof EndpointPort> {}

export const EndpointSlice = struct(
  'io.k8s.api.discovery.v1.EndpointSlice',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    addressType: always(4, string, { required: true, doc: 'IPv4, IPv6 or FQDN, for all endpoints. Cannot change.' }),
    endpoints: always(2, list(Endpoint), { doc: 'The endpoints, at most 1000.' }),
    ports: always(3, list(EndpointPort), { doc: 'Ports of all endpoints, at most 100.' }),
  },
  {
    doc: 'Some of the endpoints of a Service, tied to it by a label.',
    gvk: { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice' },
  },
);
export interface EndpointSlice extends TypeOf<typeof EndpointSlice> {}

export const endpointSlices = defineResource({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  singular: 'endpointslice',
  namespaced: true,
  verbs: allVerbs,
  schema: EndpointSlice,
});
