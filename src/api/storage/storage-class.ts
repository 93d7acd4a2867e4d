import { TopologySelectorTerm } from '#api/core/references.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, list, map, optional, string, struct } from '#machinery/schema.ts';

export const StorageClass = struct(
  'io.k8s.api.storage.v1.StorageClass',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    provisioner: always(2, string, { required: true, doc: 'Who makes the volumes.' }),
    parameters: field(3, map(string), { doc: 'Settings for who makes them. Cannot change.' }),
    reclaimPolicy: optional(4, string, {
      default: 'Delete',
      doc: 'What becomes of a volume after its claim: Delete or Retain. Delete if absent.',
    }),
    mountOptions: field(5, list(string), { doc: 'Options of the mount. Not checked.' }),
    allowVolumeExpansion: optional(6, boolean, { doc: 'Whether claims may grow. False if absent.' }),
    volumeBindingMode: optional(7, string, {
      default: 'Immediate',
      enum: ['Immediate', 'WaitForFirstConsumer'],
      doc: 'WaitForFirstConsumer binds when a Pod needs it. Immediate if absent.',
    }),
    allowedTopologies: field(8, list(TopologySelectorTerm), {
      doc: 'Where volumes may be made. Everywhere if absent.',
    }),
  },
  {
    doc: 'A kind of volume and how it is made.',
    gvk: { group: 'storage.k8s.io', version: 'v1', kind: 'StorageClass' },
  },
);
export interface StorageClass extends TypeOf<typeof StorageClass> {}

export const storageClasses = defineResource({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  singular: 'storageclass',
  namespaced: false,
  verbs: allVerbs,
  shortNames: ['sc'],
  schema: StorageClass,
});
