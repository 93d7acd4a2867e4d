import { LocalObjectReference } from '#api/core/references.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, list, map, optional, string, struct } from '#machinery/schema.ts';

export const AWSElasticBlockStoreVolumeSource = struct(
  'io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource',
  {
    volumeID: always(1, string, { required: true, doc: 'ID of the disk.' }),
    fsType: field(2, string, { doc: 'File system to mount. ext4 if absent.' }),
    partition: field(3, int32, { doc: 'Partition to mount. The whole disk if 0.' }),
    readOnly: field(4, boolean, { doc: 'True mounts it read-only. False if absent.' }),
  },
  { doc: 'Deprecated: a disk of AWS.' },
);
export interface AWSElasticBlockStoreVolumeSource extends TypeOf<typeof AWSElasticBlockStoreVolumeSource> {}

export const AzureDiskVolumeSource = struct(
  'io.k8s.api.core.v1.AzureDiskVolumeSource',
  {
    diskName: always(1, string, { required: true, doc: 'Name of the disk.' }),
    diskURI: always(2, string, { required: true, doc: 'URI of the disk.' }),
    cachingMode: optional(3, string, {
      default: 'ReadWrite',
      enum: ['None', 'ReadOnly', 'ReadWrite'],
      doc: 'None, ReadOnly or ReadWrite. ReadWrite if absent.',
    }),
    fsType: optional(4, string, { default: 'ext4', doc: 'File system to mount. ext4 if absent.' }),
    readOnly: optional(5, boolean, { default: false, doc: 'True mounts it read-only. False if absent.' }),
    kind: optional(6, string, {
      default: 'Shared',
      enum: ['Shared', 'Dedicated', 'Managed'],
      doc: 'Shared, Dedicated or Managed. Shared if absent.',
    }),
  },
  { doc: 'Deprecated: a disk of Azure.' },
);
export interface AzureDiskVolumeSource extends TypeOf<typeof AzureDiskVolumeSource> {}

export const FCVolumeSource = struct(
  'io.k8s.api.core.v1.FCVolumeSource',
  {
    targetWWNs: field(1, list(string), { doc: 'World wide names of the targets.' }),
    lun: optional(2, int32, { doc: 'Number of the logical unit.' }),
    fsType: field(3, string, { doc: 'File system to mount. ext4 if absent.' }),
    readOnly: field(4, boolean, { doc: 'True mounts it read-only. False if absent.' }),
    wwids: field(5, list(string), { doc: 'World wide IDs of the disk.' }),
  },
  { doc: 'A disk over Fibre Channel. Named by targetWWNs and lun, or by wwids.' },
);
export interface FCVolumeSource extends TypeOf<typeof FCVolumeSource> {}

export const FlockerVolumeSource = struct(
  'io.k8s.api.core.v1.FlockerVolumeSource',
  {
    datasetName: field(1, string, { doc: 'Name of the data set.' }),
    datasetUUID: field(2, string, { doc: 'UUID of the data set.' }),
  },
  { doc: 'No longer supported: a Flocker volume.' },
);
export interface FlockerVolumeSource extends TypeOf<typeof FlockerVolumeSource> {}

export const GCEPersistentDiskVolumeSource = struct(
  'io.k8s.api.core.v1.GCEPersistentDiskVolumeSource',
  {
    pdName: always(1, string, { required: true, doc: 'Name of the disk.' }),
    fsType: field(2, string, { doc: 'File system to mount. ext4 if absent.' }),
    partition: field(3, int32, { doc: 'Partition to mount. The whole disk if 0.' }),
    readOnly: field(4, boolean, { doc: 'True mounts it read-only. False if absent.' }),
  },
  { doc: 'Deprecated: a disk of Google Compute Engine.' },
);
export interface GCEPersistentDiskVolumeSource extends TypeOf<typeof GCEPersistentDiskVolumeSource> {}

export const NFSVolumeSource = struct(
  'io.k8s.api.core.v1.NFSVolumeSource',
  {
    server: always(1, string, { required: true, doc: 'Name or IP of the server.' }),
    path: always(2, string, { required: true, doc: 'Directory that the server exports.' }),
    readOnly: field(3, boolean, { doc: 'True mounts it read-only. False if absent.' }),
  },
  { doc: 'A directory of an NFS server.' },
);
export interface NFSVolumeSource extends TypeOf<typeof NFSVolumeSource> {}

export const PhotonPersistentDiskVolumeSource = struct(
  'io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource',
  {
    pdID: always(1, string, { required: true, doc: 'ID of the disk.' }),
    fsType: field(2, string, { doc: 'File system to mount. ext4 if absent.' }),
  },
  { doc: 'No longer supported: a disk of Photon.' },
);
export interface PhotonPersistentDiskVolumeSource extends TypeOf<typeof PhotonPersistentDiskVolumeSource> {}

export const PortworxVolumeSource = struct(
  'io.k8s.api.core.v1.PortworxVolumeSource',
  {
    volumeID: always(1, string, { required: true, doc: 'ID of the volume.' }),
    fsType: field(2, string, { doc: 'File system to mount. ext4 if absent.' }),
    readOnly: field(3, boolean, { doc: 'True mounts it read-only. False if absent.' }),
  },
  { doc: 'Deprecated: a Portworx volume.' },
);
export interface PortworxVolumeSource extends TypeOf<typeof PortworxVolumeSource> {}

export const QuobyteVolumeSource = struct(
  'io.k8s.api.core.v1.QuobyteVolumeSource',
  {
    registry: always(1, string, {
      required: true,
      doc: 'Addresses of the registries, as host:port, separated by commas.',
    }),
    volume: always(2, string, { required: true, doc: 'Name of the volume.' }),
    readOnly: field(3, boolean, { doc: 'True mounts it read-only. False if absent.' }),
    user: field(4, string, { doc: 'User to mount as.' }),
    group: field(5, string, { doc: 'Group to mount as.' }),
    tenant: field(6, string, { doc: 'Tenant that owns the volume.' }),
  },
  { doc: 'No longer supported: a Quobyte volume.' },
);
export interface QuobyteVolumeSource extends TypeOf<typeof QuobyteVolumeSource> {}

export const VsphereVirtualDiskVolumeSource = struct(
  'io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource',
  {
    volumePath: always(1, string, { required: true, doc: 'Path of the disk.' }),
    fsType: field(2, string, { doc: 'File system to mount. ext4 if absent.' }),
    storagePolicyName: field(3, string, { doc: 'Name of the storage policy.' }),
    storagePolicyID: field(4, string, { doc: 'ID of the storage policy.' }),
  },
  { doc: 'Deprecated: a virtual disk of vSphere.' },
);
export interface VsphereVirtualDiskVolumeSource extends TypeOf<typeof VsphereVirtualDiskVolumeSource> {}

export const AzureFileVolumeSource = struct(
  'io.k8s.api.core.v1.AzureFileVolumeSource',
  {
    secretName: always(1, string, { required: true, doc: 'Secret with the account and its key.' }),
    shareName: always(2, string, { required: true, doc: 'Name of the share.' }),
    readOnly: field(3, boolean, { doc: 'True mounts it read-only. False if absent.' }),
  },
  { doc: 'Deprecated: a share of Azure Files.' },
);
export interface AzureFileVolumeSource extends TypeOf<typeof AzureFileVolumeSource> {}

export const CephFSVolumeSource = struct(
  'io.k8s.api.core.v1.CephFSVolumeSource',
  {
    monitors: always(1, list(string), { required: true, doc: 'Addresses of the monitors.' }),
    path: field(2, string, { doc: 'Directory to mount. / if absent.' }),
    user: field(3, string, { doc: 'User to mount as. admin if absent.' }),
    secretFile: field(4, string, { doc: 'Path of the key ring on the node.' }),
    secretRef: optional(5, LocalObjectReference, { doc: 'Secret with the credentials.' }),
    readOnly: field(6, boolean, { doc: 'True mounts it read-only. False if absent.' }),
  },
  { doc: 'No longer supported: a Ceph file system.' },
);
export interface CephFSVolumeSource extends TypeOf<typeof CephFSVolumeSource> {}

export const CinderVolumeSource = struct(
  'io.k8s.api.core.v1.CinderVolumeSource',
  {
    volumeID: always(1, string, { required: true, doc: 'ID of the disk.' }),
    fsType: field(2, string, { doc: 'File system to mount. ext4 if absent.' }),
    readOnly: field(3, boolean, { doc: 'True mounts it read-only. False if absent.' }),
    secretRef: optional(4, LocalObjectReference, { doc: 'Secret with the credentials.' }),
  },
  { doc: 'Deprecated: a disk of OpenStack.' },
);
export interface CinderVolumeSource extends TypeOf<typeof CinderVolumeSource> {}

export const FlexVolumeSource = struct(
  'io.k8s.api.core.v1.FlexVolumeSource',
  {
    driver: always(1, string, { required: true, doc: 'Name of the program.' }),
    fsType: field(2, string, { doc: 'File system to mount. The program chooses if absent.' }),
    secretRef: optional(3, LocalObjectReference, { doc: 'Secret with the credentials.' }),
    readOnly: field(4, boolean, { doc: 'True mounts it read-only. False if absent.' }),
    options: field(5, map(string), { doc: 'Settings for the program.' }),
  },
  { doc: 'Deprecated: a volume of a program on the node.' },
);
export interface FlexVolumeSource extends TypeOf<typeof FlexVolumeSource> {}

export const GlusterfsVolumeSource = struct(
  'io.k8s.api.core.v1.GlusterfsVolumeSource',
  {
    endpoints: always(1, string, { required: true, doc: 'Endpoints with the servers.' }),
    path: always(2, string, { required: true, doc: 'Name of the volume.' }),
    readOnly: field(3, boolean, { doc: 'True mounts it read-only. False if absent.' }),
  },
  { doc: 'No longer supported: a GlusterFS volume.' },
);
export interface GlusterfsVolumeSource extends TypeOf<typeof GlusterfsVolumeSource> {}

export const ISCSIVolumeSource = struct(
  'io.k8s.api.core.v1.ISCSIVolumeSource',
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
    secretRef: optional(10, LocalObjectReference, { doc: 'Secret with the CHAP credentials.' }),
    initiatorName: optional(12, string, { doc: 'Name of the initiator. That of the node if absent.' }),
  },
  { doc: 'A disk over iSCSI.' },
);
export interface ISCSIVolumeSource extends TypeOf<typeof ISCSIVolumeSource> {}

export const RBDVolumeSource = struct(
  'io.k8s.api.core.v1.RBDVolumeSource',
  {
    monitors: always(1, list(string), { required: true, doc: 'Addresses of the monitors.' }),
    image: always(2, string, { required: true, doc: 'Name of the image.' }),
    fsType: field(3, string, { doc: 'File system to mount. ext4 if absent.' }),
    pool: field(4, string, { default: 'rbd', doc: 'Name of the pool. rbd if absent.' }),
    user: field(5, string, { default: 'admin', doc: 'User to connect as. admin if absent.' }),
    keyring: field(6, string, { default: '/etc/ceph/keyring', doc: 'Path of the key ring on the node.' }),
    secretRef: optional(7, LocalObjectReference, { doc: 'Secret with the credentials.' }),
    readOnly: field(8, boolean, { doc: 'True mounts it read-only. False if absent.' }),
  },
  { doc: 'No longer supported: a RADOS block device.' },
);
export interface RBDVolumeSource extends TypeOf<typeof RBDVolumeSource> {}

export const ScaleIOVolumeSource = struct(
  'io.k8s.api.core.v1.ScaleIOVolumeSource',
  {
    gateway: always(1, string, { required: true, doc: 'Address of the gateway.' }),
    system: always(2, string, { required: true, doc: 'Name of the storage system.' }),
    secretRef: always(3, LocalObjectReference, { required: true, nullable: true, doc: 'Secret with the credentials.' }),
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
export interface ScaleIOVolumeSource extends TypeOf<typeof ScaleIOVolumeSource> {}

export const StorageOSVolumeSource = struct(
  'io.k8s.api.core.v1.StorageOSVolumeSource',
  {
    volumeName: field(1, string, { doc: 'Name of the volume.' }),
    volumeNamespace: field(2, string, { doc: "Namespace of the volume. The Pod's if absent." }),
    fsType: field(3, string, { doc: 'File system to mount. ext4 if absent.' }),
    readOnly: field(4, boolean, { doc: 'True mounts it read-only. False if absent.' }),
    secretRef: optional(5, LocalObjectReference, { doc: 'Secret with the credentials.' }),
  },
  { doc: 'No longer supported: a StorageOS volume.' },
);
export interface StorageOSVolumeSource extends TypeOf<typeof StorageOSVolumeSource> {}
