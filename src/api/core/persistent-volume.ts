import { PersistentVolumeSpec } from '#api/core/persistent-volume-spec.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, optional, string, struct, time } from '#machinery/schema.ts';

export const PersistentVolumeStatus = struct(
  'io.k8s.api.core.v1.PersistentVolumeStatus',
  {
    phase: field(1, string, {
      default: 'Pending',
      enum: ['Pending', 'Available', 'Bound', 'Released', 'Failed'],
      doc: 'Pending, Available, Bound, Released or Failed.',
    }),
    message: field(2, string, { doc: 'Why it is as it is, for people.' }),
    reason: field(3, string, { doc: 'Why it failed, in CamelCase.' }),
    lastPhaseTransitionTime: optional(4, time, { doc: 'When the phase last changed.' }),
  },
  { doc: 'What is observed of the volume.' },
);
export interface PersistentVolumeStatus extends TypeOf<typeof PersistentVolumeStatus> {}

export const PersistentVolume = struct(
  'io.k8s.api.core.v1.PersistentVolume',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, PersistentVolumeSpec),
    status: always(3, PersistentVolumeStatus),
  },
  {
    doc: 'A piece of storage of the cluster, to be bound to a claim.',
    gvk: { group: '', version: 'v1', kind: 'PersistentVolume' },
    defaults(volume) {
      // Not of the spec itself: a VolumeAttachment may hold one inline, which has neither.
      volume.spec = {
        ...volume.spec,
        persistentVolumeReclaimPolicy: volume.spec?.persistentVolumeReclaimPolicy || 'Retain',
        volumeMode: volume.spec?.volumeMode ?? 'Filesystem',
      };
    },
  },
);
export interface PersistentVolume extends TypeOf<typeof PersistentVolume> {}

export const persistentVolumes = defineResource({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  singular: 'persistentvolume',
  namespaced: false,
  verbs: allVerbs,
  shortNames: ['pv'],
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: PersistentVolume,
});
