import { TypedLocalObjectReference, TypedObjectReference } from '#api/core/references.ts';
import { LabelSelector } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, map, optional, quantity, string, struct } from '#machinery/schema.ts';

export const VolumeResourceRequirements = struct('io.k8s.api.core.v1.VolumeResourceRequirements', {
  limits: field(1, map(quantity)),
  requests: field(2, map(quantity)),
});
export interface VolumeResourceRequirements extends TypeOf<typeof VolumeResourceRequirements> {}

export const PersistentVolumeClaimSpec = struct('io.k8s.api.core.v1.PersistentVolumeClaimSpec', {
  accessModes: field(1, list(string), { enum: ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'] }),
  selector: optional(4, LabelSelector),
  resources: always(2, VolumeResourceRequirements),
  volumeName: field(3, string),
  storageClassName: optional(5, string),
  volumeMode: optional(6, string, { default: 'Filesystem', enum: ['Block', 'Filesystem'] }),
  dataSource: optional(7, TypedLocalObjectReference),
  dataSourceRef: optional(8, TypedObjectReference),
  volumeAttributesClassName: optional(9, string, { gate: 'VolumeAttributesClass' }),
});
export interface PersistentVolumeClaimSpec extends TypeOf<typeof PersistentVolumeClaimSpec> {}
