import { LocalObjectReference } from '#api/core/references.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, list, map, optional, string, struct } from '#machinery/schema.ts';

export const AWSElasticBlockStoreVolumeSource = struct('io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource', {
  volumeID: always(1, string, { required: true }),
  fsType: field(2, string),
  partition: field(3, int32),
  readOnly: field(4, boolean),
});
export interface AWSElasticBlockStoreVolumeSource extends TypeOf<typeof AWSElasticBlockStoreVolumeSource> {}

export const AzureDiskVolumeSource = struct('io.k8s.api.core.v1.AzureDiskVolumeSource', {
  diskName: always(1, string, { required: true }),
  diskURI: always(2, string, { required: true }),
  cachingMode: optional(3, string, { default: 'ReadWrite', enum: ['None', 'ReadOnly', 'ReadWrite'] }),
  fsType: optional(4, string, { default: 'ext4' }),
  readOnly: optional(5, boolean, { default: false }),
  kind: optional(6, string, { default: 'Shared', enum: ['Shared', 'Dedicated', 'Managed'] }),
});
export interface AzureDiskVolumeSource extends TypeOf<typeof AzureDiskVolumeSource> {}

export const FCVolumeSource = struct('io.k8s.api.core.v1.FCVolumeSource', {
  targetWWNs: field(1, list(string)),
  lun: optional(2, int32),
  fsType: field(3, string),
  readOnly: field(4, boolean),
  wwids: field(5, list(string)),
});
export interface FCVolumeSource extends TypeOf<typeof FCVolumeSource> {}

export const FlockerVolumeSource = struct('io.k8s.api.core.v1.FlockerVolumeSource', {
  datasetName: field(1, string),
  datasetUUID: field(2, string),
});
export interface FlockerVolumeSource extends TypeOf<typeof FlockerVolumeSource> {}

export const GCEPersistentDiskVolumeSource = struct('io.k8s.api.core.v1.GCEPersistentDiskVolumeSource', {
  pdName: always(1, string, { required: true }),
  fsType: field(2, string),
  partition: field(3, int32),
  readOnly: field(4, boolean),
});
export interface GCEPersistentDiskVolumeSource extends TypeOf<typeof GCEPersistentDiskVolumeSource> {}

export const NFSVolumeSource = struct('io.k8s.api.core.v1.NFSVolumeSource', {
  server: always(1, string, { required: true }),
  path: always(2, string, { required: true }),
  readOnly: field(3, boolean),
});
export interface NFSVolumeSource extends TypeOf<typeof NFSVolumeSource> {}

export const PhotonPersistentDiskVolumeSource = struct('io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource', {
  pdID: always(1, string, { required: true }),
  fsType: field(2, string),
});
export interface PhotonPersistentDiskVolumeSource extends TypeOf<typeof PhotonPersistentDiskVolumeSource> {}

export const PortworxVolumeSource = struct('io.k8s.api.core.v1.PortworxVolumeSource', {
  volumeID: always(1, string, { required: true }),
  fsType: field(2, string),
  readOnly: field(3, boolean),
});
export interface PortworxVolumeSource extends TypeOf<typeof PortworxVolumeSource> {}

export const QuobyteVolumeSource = struct('io.k8s.api.core.v1.QuobyteVolumeSource', {
  registry: always(1, string, { required: true }),
  volume: always(2, string, { required: true }),
  readOnly: field(3, boolean),
  user: field(4, string),
  group: field(5, string),
  tenant: field(6, string),
});
export interface QuobyteVolumeSource extends TypeOf<typeof QuobyteVolumeSource> {}

export const VsphereVirtualDiskVolumeSource = struct('io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource', {
  volumePath: always(1, string, { required: true }),
  fsType: field(2, string),
  storagePolicyName: field(3, string),
  storagePolicyID: field(4, string),
});
export interface VsphereVirtualDiskVolumeSource extends TypeOf<typeof VsphereVirtualDiskVolumeSource> {}

export const AzureFileVolumeSource = struct('io.k8s.api.core.v1.AzureFileVolumeSource', {
  secretName: always(1, string, { required: true }),
  shareName: always(2, string, { required: true }),
  readOnly: field(3, boolean),
});
export interface AzureFileVolumeSource extends TypeOf<typeof AzureFileVolumeSource> {}

export const CephFSVolumeSource = struct('io.k8s.api.core.v1.CephFSVolumeSource', {
  monitors: always(1, list(string), { required: true }),
  path: field(2, string),
  user: field(3, string),
  secretFile: field(4, string),
  secretRef: optional(5, LocalObjectReference),
  readOnly: field(6, boolean),
});
export interface CephFSVolumeSource extends TypeOf<typeof CephFSVolumeSource> {}

export const CinderVolumeSource = struct('io.k8s.api.core.v1.CinderVolumeSource', {
  volumeID: always(1, string, { required: true }),
  fsType: field(2, string),
  readOnly: field(3, boolean),
  secretRef: optional(4, LocalObjectReference),
});
export interface CinderVolumeSource extends TypeOf<typeof CinderVolumeSource> {}

export const FlexVolumeSource = struct('io.k8s.api.core.v1.FlexVolumeSource', {
  driver: always(1, string, { required: true }),
  fsType: field(2, string),
  secretRef: optional(3, LocalObjectReference),
  readOnly: field(4, boolean),
  options: field(5, map(string)),
});
export interface FlexVolumeSource extends TypeOf<typeof FlexVolumeSource> {}

export const GlusterfsVolumeSource = struct('io.k8s.api.core.v1.GlusterfsVolumeSource', {
  endpoints: always(1, string, { required: true }),
  path: always(2, string, { required: true }),
  readOnly: field(3, boolean),
});
export interface GlusterfsVolumeSource extends TypeOf<typeof GlusterfsVolumeSource> {}

export const ISCSIVolumeSource = struct('io.k8s.api.core.v1.ISCSIVolumeSource', {
  targetPortal: always(1, string, { required: true }),
  iqn: always(2, string, { required: true }),
  lun: always(3, int32, { required: true }),
  iscsiInterface: field(4, string, { default: 'default' }),
  fsType: field(5, string),
  readOnly: field(6, boolean),
  portals: field(7, list(string)),
  chapAuthDiscovery: field(8, boolean),
  chapAuthSession: field(11, boolean),
  secretRef: optional(10, LocalObjectReference),
  initiatorName: optional(12, string),
});
export interface ISCSIVolumeSource extends TypeOf<typeof ISCSIVolumeSource> {}

export const RBDVolumeSource = struct('io.k8s.api.core.v1.RBDVolumeSource', {
  monitors: always(1, list(string), { required: true }),
  image: always(2, string, { required: true }),
  fsType: field(3, string),
  pool: field(4, string, { default: 'rbd' }),
  user: field(5, string, { default: 'admin' }),
  keyring: field(6, string, { default: '/etc/ceph/keyring' }),
  secretRef: optional(7, LocalObjectReference),
  readOnly: field(8, boolean),
});
export interface RBDVolumeSource extends TypeOf<typeof RBDVolumeSource> {}

export const ScaleIOVolumeSource = struct('io.k8s.api.core.v1.ScaleIOVolumeSource', {
  gateway: always(1, string, { required: true }),
  system: always(2, string, { required: true }),
  secretRef: always(3, LocalObjectReference, { required: true, nullable: true }),
  sslEnabled: field(4, boolean),
  protectionDomain: field(5, string),
  storagePool: field(6, string),
  storageMode: field(7, string, { default: 'ThinProvisioned' }),
  volumeName: field(8, string),
  fsType: field(9, string, { default: 'xfs' }),
  readOnly: field(10, boolean),
});
export interface ScaleIOVolumeSource extends TypeOf<typeof ScaleIOVolumeSource> {}

export const StorageOSVolumeSource = struct('io.k8s.api.core.v1.StorageOSVolumeSource', {
  volumeName: field(1, string),
  volumeNamespace: field(2, string),
  fsType: field(3, string),
  readOnly: field(4, boolean),
  secretRef: optional(5, LocalObjectReference),
});
export interface StorageOSVolumeSource extends TypeOf<typeof StorageOSVolumeSource> {}
