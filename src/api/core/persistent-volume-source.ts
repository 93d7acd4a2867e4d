import { ObjectReference, SecretReference } from '#api/core/references.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, list, map, optional, string, struct } from '#machinery/schema.ts';

export const AzureFilePersistentVolumeSource = struct(
  'io.k8s.api.core.v1.AzureFilePersistentVolumeSource',
  {
    secretName: always(1, string, { required: true, doc: 'Secret with the account and its key.' }),
    shareName: always(2, string, { required: true, doc: 'Name of the share.' }),
    readOnly: field(3, boolean, { doc: 'True mounts it read-only. False if absent.' }),
    secretNamespace: always(4, string, { nullable: true, doc: "Namespace of the Secret. The claim's if absent." }),
  },
  { doc: 'Deprecated: a share of Azure Files.' },
);
export interface AzureFilePersistentVolumeSource extends TypeOf<typeof AzureFilePersistentVolumeSource> {}

export const CephFSPersistentVolumeSource = struct(
  'io.k8s.api.core.v1.CephFSPersistentVolumeSource',
  {
    monitors: always(1, list(string), { required: true, doc: 'Addresses of the monitors.' }),
    path: field(2, string, { doc: 'Directory to mount. / if absent.' }),
    user: field(3, string, { doc: 'User to mount as. admin if absent.' }),
    secretFile: field(4, string, { doc: 'Path of the key ring on the node.' }),
    secretRef: optional(5, SecretReference, { doc: 'Secret with the credentials.' }),
    readOnly: field(6, boolean, { doc: 'True mounts it read-only. False if absent.' }),
  },
  { doc: 'No longer supported: a Ceph file system.' },
);
export interface CephFSPersistentVolumeSource extends TypeOf<typeof CephFSPersistentVolumeSource> {}

export const CinderPersistentVolumeSource = struct(
  'io.k8s.api.core.v1.CinderPersistentVolumeSource',
  {
    volumeID: always(1, string, { required: true, doc: 'ID of the disk.' }),
    fsType: field(2, string, { doc: 'File system to mount. ext4 if absent.' }),
    readOnly: field(3, boolean, { doc: 'True mounts it read-only. False if absent.' }),
    secretRef: optional(4, SecretReference, { doc: 'Secret with the credentials.' }),
  },
  { doc: 'Deprecated: a disk of OpenStack.' },
);
export interface CinderPersistentVolumeSource extends TypeOf<typeof CinderPersistentVolumeSource> {}

export const CSIPersistentVolumeSource = struct(
  'io.k8s.api.core.v1.CSIPersistentVolumeSource',
  {
    driver: always(1, string, { required: true, doc: 'Name of the CSI driver.' }),
    volumeHandle: always(2, string, { required: true, doc: 'Name by which the driver knows it. Cannot change.' }),
    readOnly: field(3, boolean, { doc: 'True mounts it read-only. False if absent.' }),
    fsType: field(4, string, { doc: 'File system to mount. The driver chooses if absent.' }),
    volumeAttributes: field(5, map(string), { doc: 'Settings for the driver.' }),
    controllerPublishSecretRef: optional(6, SecretReference, { doc: 'Secret handed to the driver when it attaches.' }),
    nodeStageSecretRef: optional(7, SecretReference, { doc: 'Secret handed to the driver when it stages.' }),
    nodePublishSecretRef: optional(8, SecretReference, { doc: 'Secret handed to the driver when it mounts.' }),
    controllerExpandSecretRef: optional(9, SecretReference, {
      doc: 'Secret handed to the driver when it grows the volume.',
    }),
    nodeExpandSecretRef: optional(10, SecretReference, {
      doc: 'Secret handed to the driver when it grows the file system.',
    }),
  },
  { doc: 'A volume that a CSI driver manages.' },
);
export interface CSIPersistentVolumeSource extends TypeOf<typeof CSIPersistentVolumeSource> {}

export const FlexPersistentVolumeSource = struct(
  'io.k8s.api.core.v1.FlexPersistentVolumeSource',
  {
    driver: always(1, string, { required: true, doc: 'Name of the program.' }),
    fsType: field(2, string, { doc: 'File system to mount. The program chooses if absent.' }),
    secretRef: optional(3, SecretReference, { doc: 'Secret with the credentials.' }),
    readOnly: field(4, boolean, { doc: 'True mounts it read-only. False if absent.' }),
    options: field(5, map(string), { doc: 'Settings for the program.' }),
  },
  { doc: 'Deprecated: a volume of a program on the node.' },
);
export interface FlexPersistentVolumeSource extends TypeOf<typeof FlexPersistentVolumeSource> {}

export const GlusterfsPersistentVolumeSource = struct(
  'io.k8s.api.core.v1.GlusterfsPersistentVolumeSource',
  {
    endpoints: always(1, string, { required: true, doc: 'Endpoints with the servers.' }),
    path: always(2, string, { required: true, doc: 'Name of the volume.' }),
    readOnly: field(3, boolean, { doc: 'True mounts it read-only. False if absent.' }),
    endpointsNamespace: optional(4, string, { doc: "Namespace of the Endpoints. The claim's if absent." }),
  },
  { doc: 'No longer supported: a GlusterFS volume.' },
);
export interface GlusterfsPersistentVolumeSource extends TypeOf<typeof GlusterfsPersistentVolumeSource> {}

export const ISCSIPersistentVolumeSource = struct(
  'io.k8s.api.core.v1.ISCSIPersistentVolumeSource',
  {
    targetPortal: always(1, string, {
      required: true,
      doc: 'Address of the target, as IP or IP:port. Port 3260 if absent.',
    }),
    iqn: always(2, string, { required: true, doc: 'Name of the target.' }),
    lun: always(3, int32, { required: true, doc: 'Number of the logical unit.' }),
    iscsiInterface: field(4, string, { default: 'default', doc: 'Interface to use. default if absent.' }),
    fsType: field(5, string, { doc: 'File system to mount. ext4 if absent.' }),
    readOnly: field(6, boolean, { doc: 'True mounts it read-only. False if absent.' }),
    portals: field(7, list(string), { doc: 'Further addresses of the target.' }),
    chapAuthDiscovery: field(8, boolean, { doc: 'Whether discovery uses CHAP.' }),
    chapAuthSession: field(11, boolean, { doc: 'Whether sessions use CHAP.' }),
    secretRef: optional(10, SecretReference, { doc: 'Secret with the CHAP credentials.' }),
    initiatorName: optional(12, string, { doc: 'Name of the initiator. That of the node if absent.' }),
  },
  { doc: 'A disk over iSCSI.' },
);
export interface ISCSIPersistentVolumeSource extends TypeOf<typeof ISCSIPersistentVolumeSource> {}

export const RBDPersistentVolumeSource = struct(
  'io.k8s.api.core.v1.RBDPersistentVolumeSource',
  {
    monitors: always(1, list(string), { required: true, doc: 'Addresses of the monitors.' }),
    image: always(2, string, { required: true, doc: 'Name of the image.' }),
    fsType: field(3, string, { doc: 'File system to mount. ext4 if absent.' }),
    pool: field(4, string, { default: 'rbd', doc: 'Name of the pool. rbd if absent.' }),
    user: field(5, string, { default: 'admin', doc: 'User to connect as. admin if absent.' }),
    keyring: field(6, string, { default: '/etc/ceph/keyring', doc: 'Path of the key ring on the node.' }),
    secretRef: optional(7, SecretReference, { doc: 'Secret with the credentials.' }),
    readOnly: field(8, boolean, { doc: 'True mounts it read-only. False if absent.' }),
  },
  { doc: 'No longer supported: a RADOS block device.' },
);
export interface RBDPersistentVolumeSource extends TypeOf<typeof RBDPersistentVolumeSource> {}

export const ScaleIOPersistentVolumeSource = struct(
  'io.k8s.api.core.v1.ScaleIOPersistentVolumeSource',
  {
    gateway: always(1, string, { required: true, doc: 'Address of the gateway.' }),
    system: always(2, string, { required: true, doc: 'Name of the storage system.' }),
    secretRef: always(3, SecretReference, { required: true, nullable: true, doc: 'Secret with the credentials.' }),
    sslEnabled: field(4, boolean, { doc: 'Whether the gateway speaks TLS.' }),
    protectionDomain: field(5, string, { doc: 'Name of the protection domain.' }),
    storagePool: field(6, string, { doc: 'Name of the pool.' }),
    storageMode: field(7, string, {
      default: 'ThinProvisioned',
      doc: 'ThickProvisioned or ThinProvisioned. ThinProvisioned if absent.',
    }),
    volumeName: field(8, string, { doc: 'Name of the volume.' }),
    fsType: field(9, string, { default: 'xfs', doc: 'File system to mount. xfs if absent.' }),
    readOnly: field(10, boolean, { doc: 'True mounts it read-only. False if absent.' }),
  },
  { doc: 'No longer supported: a ScaleIO volume.' },
);
export interface ScaleIOPersistentVolumeSource extends TypeOf<typeof ScaleIOPersistentVolumeSource> {}

export const StorageOSPersistentVolumeSource = struct(
  'io.k8s.api.core.v1.StorageOSPersistentVolumeSource',
  {
    volumeName: field(1, string, { doc: 'Name of the volume.' }),
    volumeNamespace: field(2, string, { doc: "Namespace of the volume. The Pod's if absent." }),
    fsType: field(3, string, { doc: 'File system to mount. ext4 if absent.' }),
    readOnly: field(4, boolean, { doc: 'True mounts it read-only. False if absent.' }),
    secretRef: optional(5, ObjectReference, { doc: 'Secret with the credentials.' }),
  },
  { doc: 'No longer supported: a StorageOS volume.' },
);
export interface StorageOSPersistentVolumeSource extends TypeOf<typeof StorageOSPersistentVolumeSource> {}
