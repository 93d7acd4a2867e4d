import { PersistentVolumeClaimSpec } from '#api/core/persistent-volume-claim-spec.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, map, optional, quantity, string, struct, time } from '#machinery/schema.ts';

export const PersistentVolumeClaimCondition = struct('io.k8s.api.core.v1.PersistentVolumeClaimCondition', {
  type: always(1, string, {
    required: true,
    enum: [
      'Resizing',
      'FileSystemResizePending',
      'ControllerResizeError',
      'NodeResizeError',
      'ModifyVolumeError',
      'ModifyingVolume',
      'Unused',
    ],
  }),
  status: always(2, string, { required: true, enum: ['True', 'False', 'Unknown'] }),
  lastProbeTime: always(3, time),
  lastTransitionTime: always(4, time),
  reason: field(5, string),
  message: field(6, string),
});
export interface PersistentVolumeClaimCondition extends TypeOf<typeof PersistentVolumeClaimCondition> {}

export const ModifyVolumeStatus = struct('io.k8s.api.core.v1.ModifyVolumeStatus', {
  targetVolumeAttributesClassName: field(1, string),
  status: always(2, string, { required: true, enum: ['Pending', 'InProgress', 'Infeasible'] }),
});
export interface ModifyVolumeStatus extends TypeOf<typeof ModifyVolumeStatus> {}

export const PersistentVolumeClaimStatus = struct('io.k8s.api.core.v1.PersistentVolumeClaimStatus', {
  phase: field(1, string, { default: 'Pending', enum: ['Pending', 'Bound', 'Lost'] }),
  accessModes: field(2, list(string), { enum: ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'] }),
  capacity: field(3, map(quantity)),
  conditions: field(
    4,
    list(PersistentVolumeClaimCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
  ),
  allocatedResources: field(5, map(quantity)),
  allocatedResourceStatuses: field(7, map(string)),
  currentVolumeAttributesClassName: optional(8, string, { gate: 'VolumeAttributesClass' }),
  modifyVolumeStatus: optional(9, ModifyVolumeStatus, { gate: 'VolumeAttributesClass' }),
});
export interface PersistentVolumeClaimStatus extends TypeOf<typeof PersistentVolumeClaimStatus> {}

export const PersistentVolumeClaim = struct(
  'io.k8s.api.core.v1.PersistentVolumeClaim',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, PersistentVolumeClaimSpec),
    status: always(3, PersistentVolumeClaimStatus),
  },
  { gvk: { group: '', version: 'v1', kind: 'PersistentVolumeClaim' } },
);
export interface PersistentVolumeClaim extends TypeOf<typeof PersistentVolumeClaim> {}

export const persistentVolumeClaims = defineResource({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['pvc'],
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: PersistentVolumeClaim,
});
