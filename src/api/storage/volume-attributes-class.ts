import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, map, string, struct } from '#machinery/schema.ts';

export const VolumeAttributesClass = struct(
  'io.k8s.api.storage.v1.VolumeAttributesClass',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    driverName: always(2, string, { required: true, doc: 'CSI driver that it is for.' }),
    parameters: field(3, map(string), { doc: 'The attributes, for the driver. Cannot change.' }),
  },
  {
    doc: 'Attributes of volumes that can be changed while in use.',
    gvk: { group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttributesClass' },
  },
);
export interface VolumeAttributesClass extends TypeOf<typeof VolumeAttributesClass> {}

export const volumeAttributesClasses = defineResource({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  singular: 'volumeattributesclass',
  namespaced: false,
  verbs: allVerbs,
  shortNames: ['vac'],
  schema: VolumeAttributesClass,
});
