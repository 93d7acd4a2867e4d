import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, optional, quantity, string, struct } from '#machinery/schema.ts';

export const CSIStorageCapacity = struct(
  'io.k8s.api.storage.v1.CSIStorageCapacity',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    nodeTopology: optional(2, LabelSelector, { doc: 'Nodes that can reach it. None if absent.' }),
    storageClassName: always(3, string, { required: true, doc: 'The class.' }),
    capacity: optional(4, quantity, { doc: 'Room that is left. Unknown if absent.' }),
    maximumVolumeSize: optional(5, quantity, { doc: 'Largest volume that can be made. Unknown if absent.' }),
  },
  {
    doc: 'Room that a driver has in some place, for one class.',
    gvk: { group: 'storage.k8s.io', version: 'v1', kind: 'CSIStorageCapacity' },
  },
);
export interface CSIStorageCapacity extends TypeOf<typeof CSIStorageCapacity> {}

export const csiStorageCapacities = defineResource({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  singular: 'csistoragecapacity',
  namespaced: true,
  verbs: allVerbs,
  schema: CSIStorageCapacity,
});
