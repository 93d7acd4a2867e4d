import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, list, optional, string, struct } from '#machinery/schema.ts';

export const VolumeNodeResources = struct('io.k8s.api.storage.v1.VolumeNodeResources', {
  count: optional(1, int32),
});
export interface VolumeNodeResources extends TypeOf<typeof VolumeNodeResources> {}

export const CSINodeDriver = struct('io.k8s.api.storage.v1.CSINodeDriver', {
  name: always(1, string, { required: true }),
  nodeID: always(2, string, { required: true }),
  topologyKeys: always(3, list(string)),
  allocatable: optional(4, VolumeNodeResources),
});
export interface CSINodeDriver extends TypeOf<typeof CSINodeDriver> {}

export const CSINodeSpec = struct('io.k8s.api.storage.v1.CSINodeSpec', {
  drivers: always(1, list(CSINodeDriver, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }), {
    required: true,
  }),
});
export interface CSINodeSpec extends TypeOf<typeof CSINodeSpec> {}

export const CSINode = struct(
  'io.k8s.api.storage.v1.CSINode',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, CSINodeSpec, { required: true }),
  },
  { gvk: { group: 'storage.k8s.io', version: 'v1', kind: 'CSINode' } },
);
export interface CSINode extends TypeOf<typeof CSINode> {}

export const csiNodes = defineResource({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  singular: 'csinode',
  namespaced: false,
  verbs: allVerbs,
  schema: CSINode,
});
