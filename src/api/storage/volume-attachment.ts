import { PersistentVolumeSpec } from '#api/core/persistent-volume-spec.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, map, optional, string, struct, time } from '#machinery/schema.ts';

export const VolumeAttachmentSource = struct('io.k8s.api.storage.v1.VolumeAttachmentSource', {
  persistentVolumeName: optional(1, string),
  inlineVolumeSpec: optional(2, PersistentVolumeSpec),
});
export interface VolumeAttachmentSource extends TypeOf<typeof VolumeAttachmentSource> {}

export const VolumeAttachmentSpec = struct('io.k8s.api.storage.v1.VolumeAttachmentSpec', {
  attacher: always(1, string, { required: true }),
  source: always(2, VolumeAttachmentSource, { required: true }),
  nodeName: always(3, string, { required: true }),
});
export interface VolumeAttachmentSpec extends TypeOf<typeof VolumeAttachmentSpec> {}

export const VolumeError = struct('io.k8s.api.storage.v1.VolumeError', {
  time: always(1, time),
  message: field(2, string),
  errorCode: optional(3, int32, { gate: 'MutableCSINodeAllocatableCount' }),
});
export interface VolumeError extends TypeOf<typeof VolumeError> {}

export const VolumeAttachmentStatus = struct('io.k8s.api.storage.v1.VolumeAttachmentStatus', {
  attached: always(1, boolean, { required: true }),
  attachmentMetadata: field(2, map(string)),
  attachError: optional(3, VolumeError),
  detachError: optional(4, VolumeError),
});
export interface VolumeAttachmentStatus extends TypeOf<typeof VolumeAttachmentStatus> {}

export const VolumeAttachment = struct(
  'io.k8s.api.storage.v1.VolumeAttachment',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, VolumeAttachmentSpec, { required: true }),
    status: always(3, VolumeAttachmentStatus),
  },
  { gvk: { group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttachment' } },
);
export interface VolumeAttachment extends TypeOf<typeof VolumeAttachment> {}

export const volumeAttachments = defineResource({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  singular: 'volumeattachment',
  namespaced: false,
  verbs: allVerbs,
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: VolumeAttachment,
});
