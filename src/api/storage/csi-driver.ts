import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int64, list, optional, string, struct } from '#machinery/schema.ts';

export const TokenRequest = struct(
  'io.k8s.api.storage.v1.TokenRequest',
  {
    audience: always(1, string, { required: true, doc: 'Whom the token is for. The API server if empty.' }),
    expirationSeconds: optional(2, int64, { doc: 'Life of the token in seconds. 3600 if absent.' }),
  },
  { doc: "A token that the driver gets of each Pod's ServiceAccount." },
);
export interface TokenRequest extends TypeOf<typeof TokenRequest> {}

export const CSIDriverSpec = struct(
  'io.k8s.api.storage.v1.CSIDriverSpec',
  {
    attachRequired: optional(1, boolean, {
      default: true,
      doc: 'Whether volumes must be attached first. True if absent.',
    }),
    podInfoOnMount: optional(2, boolean, { doc: 'Whether it is told about the Pod when it mounts. False if absent.' }),
    volumeLifecycleModes: field(3, list(string, { type: 'set' }), {
      enum: ['Persistent', 'Ephemeral'],
      doc: 'Persistent, Ephemeral or both. Persistent if absent.',
    }),
    storageCapacity: optional(4, boolean, {
      gate: 'CSIStorageCapacity',
      doc: 'Whether it publishes its capacity for the scheduler. False if absent.',
    }),
    fsGroupPolicy: optional(5, string, {
      default: 'ReadWriteOnceWithFSType',
      enum: ['ReadWriteOnceWithFSType', 'File', 'None'],
      doc: 'Whether fsGroup is applied: ReadWriteOnceWithFSType, File or None.',
    }),
    tokenRequests: field(6, list(TokenRequest), {
      doc: "Tokens of the Pod's ServiceAccount that it gets when it mounts.",
    }),
    requiresRepublish: optional(7, boolean, { doc: 'Whether it is called again from time to time. False if absent.' }),
    seLinuxMount: optional(8, boolean, {
      gate: 'SELinuxMountReadWriteOncePod',
      doc: 'Whether it can mount with an SELinux label. False if absent.',
    }),
    nodeAllocatableUpdatePeriodSeconds: optional(9, int64, {
      gate: 'MutableCSINodeAllocatableCount',
      doc: 'Seconds between updates of how many volumes a node can have. None if absent.',
    }),
    serviceAccountTokenInSecrets: optional(10, boolean, {
      gate: 'CSIServiceAccountTokenSecrets',
      doc: 'Whether tokens come among the secrets and not the attributes.',
    }),
    preventPodSchedulingIfMissing: optional(11, boolean, {
      gate: 'VolumeLimitScaling',
      doc: 'Whether Pods avoid nodes where the driver is not registered.',
    }),
  },
  {
    doc: 'What the driver can do and needs.',
    defaults(spec) {
      spec.podInfoOnMount ??= false;
      spec.storageCapacity ??= false;
      spec.requiresRepublish ??= false;
      spec.seLinuxMount ??= false;
      if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent'];
    },
  },
);
export interface CSIDriverSpec extends TypeOf<typeof CSIDriverSpec> {}

export const CSIDriver = struct(
  'io.k8s.api.storage.v1.CSIDriver',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, CSIDriverSpec, { required: true }),
  },
  {
    doc: 'A CSI driver of the cluster. Its name is that of the driver.',
    gvk: { group: 'storage.k8s.io', version: 'v1', kind: 'CSIDriver' },
  },
);
export interface CSIDriver extends TypeOf<typeof CSIDriver> {}

export const csiDrivers = defineResource({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  singular: 'csidriver',
  namespaced: false,
  verbs: allVerbs,
  schema: CSIDriver,
});
