import { PersistentVolumeClaimSpec } from '#api/core/persistent-volume-claim-spec.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, map, optional, quantity, string, struct, time } from '#machinery/schema.ts';

export const PersistentVolumeClaimCondition = struct(
  'io.k8s.api.core.v1.PersistentVolumeClaimCondition',
  {
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
      doc: 'What the condition is about.',
    }),
    status: always(2, string, {
      required: true,
      enum: ['True', 'False', 'Unknown'],
      doc: 'Whether it holds: True, False or Unknown.',
    }),
    lastProbeTime: always(3, time, { doc: 'When the condition was last checked.' }),
    lastTransitionTime: always(4, time, { doc: 'When the status last changed.' }),
    reason: field(5, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(6, string, { doc: 'A sentence that says why, for people.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface PersistentVolumeClaimCondition extends TypeOf<typeof PersistentVolumeClaimCondition> {}

export const ModifyVolumeStatus = struct(
  'io.k8s.api.core.v1.ModifyVolumeStatus',
  {
    targetVolumeAttributesClassName: field(1, string, { doc: 'Class that it is changed to.' }),
    status: always(2, string, {
      required: true,
      enum: ['Pending', 'InProgress', 'Infeasible'],
      doc: 'Pending, InProgress or Infeasible.',
    }),
  },
  { doc: 'State of a change of attributes.' },
);
export interface ModifyVolumeStatus extends TypeOf<typeof ModifyVolumeStatus> {}

export const PersistentVolumeClaimStatus = struct(
  'io.k8s.api.core.v1.PersistentVolumeClaimStatus',
  {
    phase: field(1, string, {
      default: 'Pending',
      enum: ['Pending', 'Bound', 'Lost'],
      doc: 'Pending, Bound, or Lost when its volume is gone. Pending if absent.',
    }),
    accessModes: field(2, list(string), {
      enum: ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'],
      doc: 'Ways that the volume can be mounted.',
    }),
    capacity: field(3, map(quantity), { doc: 'Size of the volume.' }),
    conditions: field(
      4,
      list(PersistentVolumeClaimCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
      { doc: 'What is true of it now, one entry for each type.' },
    ),
    allocatedResources: field(5, map(quantity), { doc: 'Size that is reserved; more than capacity while it grows.' }),
    allocatedResourceStatuses: field(7, map(string), {
      doc: 'State of the growth, by resource. Absent when none goes on.',
    }),
    currentVolumeAttributesClassName: optional(8, string, {
      gate: 'VolumeAttributesClass',
      doc: 'Class of attributes that the volume has.',
    }),
    modifyVolumeStatus: optional(9, ModifyVolumeStatus, {
      gate: 'VolumeAttributesClass',
      doc: 'State of a change of attributes. Absent when none goes on.',
    }),
  },
  { doc: 'What is observed of the claim.' },
);
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
  { doc: 'Asks for a volume and is bound to one.', gvk: { group: '', version: 'v1', kind: 'PersistentVolumeClaim' } },
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
