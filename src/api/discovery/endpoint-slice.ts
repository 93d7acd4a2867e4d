import { ObjectReference } from '#api/core/references.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, list, map, optional, string, struct } from '#machinery/schema.ts';

export const EndpointConditions = struct('io.k8s.api.discovery.v1.EndpointConditions', {
  ready: optional(1, boolean),
  serving: optional(2, boolean),
  terminating: optional(3, boolean),
});
export interface EndpointConditions extends TypeOf<typeof EndpointConditions> {}

export const ForNode = struct('io.k8s.api.discovery.v1.ForNode', {
  name: always(1, string, { required: true }),
});
export interface ForNode extends TypeOf<typeof ForNode> {}

export const ForZone = struct('io.k8s.api.discovery.v1.ForZone', {
  name: always(1, string, { required: true }),
});
export interface ForZone extends TypeOf<typeof ForZone> {}

export const EndpointHints = struct('io.k8s.api.discovery.v1.EndpointHints', {
  forZones: field(1, list(ForZone)),
  forNodes: field(2, list(ForNode)),
});
export interface EndpointHints extends TypeOf<typeof EndpointHints> {}

export const Endpoint = struct('io.k8s.api.discovery.v1.Endpoint', {
  addresses: always(1, list(string, { type: 'set' }), { required: true }),
  conditions: always(2, EndpointConditions),
  hostname: optional(3, string),
  targetRef: optional(4, ObjectReference),
  deprecatedTopology: field(5, map(string)),
  nodeName: optional(6, string),
  zone: optional(7, string),
  hints: optional(8, EndpointHints),
});
export interface Endpoint extends TypeOf<typeof Endpoint> {}

export const EndpointPort = struct(
  'io.k8s.api.discovery.v1.EndpointPort',
  {
    name: always(1, string),
    protocol: optional(2, string, { default: 'TCP' }),
    port: optional(3, int32),
    appProtocol: optional(4, string),
  },
  { atomic: true },
);
export interface EndpointPort extends TypeOf<typeof EndpointPort> {}

export const EndpointSlice = struct(
  'io.k8s.api.discovery.v1.EndpointSlice',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    addressType: always(4, string, { required: true }),
    endpoints: always(2, list(Endpoint)),
    ports: always(3, list(EndpointPort)),
  },
  { gvk: { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice' } },
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
