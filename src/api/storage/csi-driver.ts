import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int64, list, optional, string, struct } from '#machinery/schema.ts';

export const TokenRequest = struct('io.k8s.api.storage.v1.TokenRequest', {
  audience: always(1, string, { required: true }),
  expirationSeconds: optional(2, int64),
});
export interface TokenRequest extends TypeOf<typeof TokenRequest> {}

export const CSIDriverSpec = struct(
  'io.k8s.api.storage.v1.CSIDriverSpec',
  {
    attachRequired: optional(1, boolean, { default: true }),
    podInfoOnMount: optional(2, boolean),
    volumeLifecycleModes: field(3, list(string, { type: 'set' }), { enum: ['Persistent', 'Ephemeral'] }),
    storageCapacity: optional(4, boolean, { gate: 'CSIStorageCapacity' }),
    fsGroupPolicy: optional(5, string, {
      default: 'ReadWriteOnceWithFSType',
      enum: ['ReadWriteOnceWithFSType', 'File', 'None'],
    }),
    tokenRequests: field(6, list(TokenRequest)),
    requiresRepublish: optional(7, boolean),
    seLinuxMount: optional(8, boolean, { gate: 'SELinuxMountReadWriteOncePod' }),
    nodeAllocatableUpdatePeriodSeconds: optional(9, int64, { gate: 'MutableCSINodeAllocatableCount' }),
    serviceAccountTokenInSecrets: optional(10, boolean, { gate: 'CSIServiceAccountTokenSecrets' }),
    preventPodSchedulingIfMissing: optional(11, boolean, { gate: 'VolumeLimitScaling' }),
  },
  {
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
  { gvk: { group: 'storage.k8s.io', version: 'v1', kind: 'CSIDriver' } },
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
