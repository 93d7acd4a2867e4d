import { TypedLocalObjectReference, TypedObjectReference } from '#api/core/references.ts';
import { LabelSelector } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, map, optional, quantity, string, struct } from '#machinery/schema.ts';

export const VolumeResourceRequirements = struct(
  'io.k8s.api.core.v1.VolumeResourceRequirements',
  {
    limits: field(1, map(quantity), { doc: 'The most it may be. Mostly unused.' }),
    requests: field(2, map(quantity), { doc: 'The least it must be, as storage.' }),
  },
  { doc: 'How large the volume is to be.' },
);
export interface VolumeResourceRequirements extends TypeOf<typeof VolumeResourceRequirements> {}

export const PersistentVolumeClaimSpec = struct(
  'io.k8s.api.core.v1.PersistentVolumeClaimSpec',
  {
    accessModes: field(1, list(string), {
      enum: ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'],
      doc: 'Ways that it must be possible to mount it.',
    }),
    selector: optional(4, LabelSelector, { doc: 'Labels of the volumes that may be bound. All if absent.' }),
    resources: always(2, VolumeResourceRequirements, {
      doc: 'How large it is to be. May grow where the class allows it.',
    }),
    volumeName: field(3, string, { doc: 'Volume that it is bound to, or is to be.' }),
    storageClassName: optional(5, string, { doc: 'Class of the volume. The default if absent, none if empty.' }),
    volumeMode: optional(6, string, {
      default: 'Filesystem',
      enum: ['Block', 'Filesystem'],
      doc: 'Filesystem or Block. Filesystem if absent.',
    }),
    dataSource: optional(7, TypedLocalObjectReference, {
      doc: 'Snapshot or claim of the namespace to start from. Empty volume if absent.',
    }),
    dataSourceRef: optional(8, TypedObjectReference, { doc: 'Any object to start from, also of other namespaces.' }),
    volumeAttributesClassName: optional(9, string, {
      gate: 'VolumeAttributesClass',
      doc: 'Class of attributes to give the volume. May be changed.',
    }),
  },
  { doc: 'What the claim asks for.' },
);
export interface PersistentVolumeClaimSpec extends TypeOf<typeof PersistentVolumeClaimSpec> {}
