import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, list, optional, string, struct } from '#machinery/schema.ts';

export const VolumeNodeResources = struct(
  'io.k8s.api.storage.v1.VolumeNodeResources',
  {
    count: optional(1, int32, { doc: 'The most volumes of the driver. No limit if absent.' }),
  },
  { doc: 'How many volumes a node can have.' },
);
export interface VolumeNodeResources extends TypeOf<typeof VolumeNodeResources> {}

export const CSINodeDriver = struct(
  'io.k8s.api.storage.v1.CSINodeDriver',
  {
    name: always(1, string, { required: true, doc: 'Name of the driver.' }),
    nodeID: always(2, string, { required: true, doc: 'Name by which the driver knows the node.' }),
    topologyKeys: always(3, list(string), { doc: 'Labels by which the driver knows where a node is.' }),
    allocatable: optional(4, VolumeNodeResources, { doc: 'How many volumes the node can have.' }),
  },
  { doc: 'A CSI driver on a node.' },
);
export interface CSINodeDriver extends TypeOf<typeof CSINodeDriver> {}

export const CSINodeSpec = struct(
  'io.k8s.api.storage.v1.CSINodeSpec',
  {
    drivers: always(1, list(CSINodeDriver, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }), {
      required: true,
      doc: 'The drivers.',
    }),
  },
  { doc: 'The drivers of a node.' },
);
export interface CSINodeSpec extends TypeOf<typeof CSINodeSpec> {}

export const CSINode = struct(
  'io.k8s.api.storage.v1.CSINode',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, CSINodeSpec, { required: true }),
  },
  {
    doc: 'The CSI drivers of a node. Its name is that of the node.',
    gvk: { group: 'storage.k8s.io', version: 'v1', kind: 'CSINode' },
  },
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
