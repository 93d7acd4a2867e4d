import { PersistentVolumeSpec } from '#api/core/persistent-volume-spec.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, map, optional, string, struct, time } from '#machinery/schema.ts';

export const VolumeAttachmentSource = struct(
  'io.k8s.api.storage.v1.VolumeAttachmentSource',
  {
    persistentVolumeName: optional(1, string, { doc: 'Name of a PersistentVolume.' }),
    inlineVolumeSpec: optional(2, PersistentVolumeSpec, { doc: 'A volume of a Pod, moved to CSI.' }),
  },
  { doc: 'The volume. Exactly one is set.' },
);
export interface VolumeAttachmentSource extends TypeOf<typeof VolumeAttachmentSource> {}

export const VolumeAttachmentSpec = struct(
  'io.k8s.api.storage.v1.VolumeAttachmentSpec',
  {
    attacher: always(1, string, { required: true, doc: 'Driver that attaches it.' }),
    source: always(2, VolumeAttachmentSource, { required: true, doc: 'The volume.' }),
    nodeName: always(3, string, { required: true, doc: 'The node.' }),
  },
  { doc: 'Which volume is to be attached where.' },
);
export interface VolumeAttachmentSpec extends TypeOf<typeof VolumeAttachmentSpec> {}

export const VolumeError = struct(
  'io.k8s.api.storage.v1.VolumeError',
  {
    time: always(1, time, { doc: 'When it went wrong.' }),
    message: field(2, string, { doc: 'What it was, for people.' }),
    errorCode: optional(3, int32, { gate: 'MutableCSINodeAllocatableCount', doc: "gRPC code of the driver's answer." }),
  },
  { doc: 'What went wrong.' },
);
export interface VolumeError extends TypeOf<typeof VolumeError> {}

export const VolumeAttachmentStatus = struct(
  'io.k8s.api.storage.v1.VolumeAttachmentStatus',
  {
    attached: always(1, boolean, { required: true, doc: 'Whether it is attached.' }),
    attachmentMetadata: field(2, map(string), { doc: 'What the driver needs to know when it mounts.' }),
    attachError: optional(3, VolumeError, { doc: 'Why attaching last failed.' }),
    detachError: optional(4, VolumeError, { doc: 'Why detaching last failed.' }),
  },
  { doc: 'What is observed of the attachment.' },
);
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
  {
    doc: 'Asks for a volume to be attached to a node.',
    gvk: { group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttachment' },
  },
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
