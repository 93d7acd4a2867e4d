import { ObjectFieldSelector, ResourceFieldSelector } from '#api/core/container.ts';
import { pullPolicyOf } from '#api/core/image-name.ts';
import { PersistentVolumeClaimSpec } from '#api/core/persistent-volume-claim-spec.ts';
import { LocalObjectReference } from '#api/core/references.ts';
import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import {
  always,
  boolean,
  field,
  int32,
  int64,
  list,
  map,
  optional,
  quantity,
  string,
  struct,
} from '#machinery/schema.ts';

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

export const HostPathVolumeSource = struct('io.k8s.api.core.v1.HostPathVolumeSource', {
  path: always(1, string, { required: true }),
  type: optional(2, string, {
    default: '',
    enum: ['', 'DirectoryOrCreate', 'Directory', 'FileOrCreate', 'File', 'Socket', 'CharDevice', 'BlockDevice'],
  }),
});
export interface HostPathVolumeSource extends TypeOf<typeof HostPathVolumeSource> {}

export const LocalVolumeSource = struct('io.k8s.api.core.v1.LocalVolumeSource', {
  path: always(1, string, { required: true }),
  fsType: optional(2, string),
});
export interface LocalVolumeSource extends TypeOf<typeof LocalVolumeSource> {}

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

export const KeyToPath = struct('io.k8s.api.core.v1.KeyToPath', {
  key: always(1, string, { required: true }),
  path: always(2, string, { required: true }),
  mode: optional(3, int32),
});
export interface KeyToPath extends TypeOf<typeof KeyToPath> {}

export const ConfigMapVolumeSource = struct('io.k8s.api.core.v1.ConfigMapVolumeSource', {
  name: field([1, 1], string),
  items: field(2, list(KeyToPath)),
  defaultMode: optional(3, int32, { default: 0o644 }),
  optional: optional(4, boolean),
});
export interface ConfigMapVolumeSource extends TypeOf<typeof ConfigMapVolumeSource> {}

export const CSIVolumeSource = struct('io.k8s.api.core.v1.CSIVolumeSource', {
  driver: always(1, string, { required: true }),
  readOnly: optional(2, boolean),
  fsType: optional(3, string),
  volumeAttributes: field(4, map(string)),
  nodePublishSecretRef: optional(5, LocalObjectReference),
});
export interface CSIVolumeSource extends TypeOf<typeof CSIVolumeSource> {}

export const DownwardAPIVolumeFile = struct('io.k8s.api.core.v1.DownwardAPIVolumeFile', {
  path: always(1, string, { required: true }),
  fieldRef: optional(2, ObjectFieldSelector),
  resourceFieldRef: optional(3, ResourceFieldSelector),
  mode: optional(4, int32),
});
export interface DownwardAPIVolumeFile extends TypeOf<typeof DownwardAPIVolumeFile> {}

export const DownwardAPIVolumeSource = struct('io.k8s.api.core.v1.DownwardAPIVolumeSource', {
  items: field(1, list(DownwardAPIVolumeFile)),
  defaultMode: optional(2, int32, { default: 0o644 }),
});
export interface DownwardAPIVolumeSource extends TypeOf<typeof DownwardAPIVolumeSource> {}

export const EmptyDirVolumeSource = struct('io.k8s.api.core.v1.EmptyDirVolumeSource', {
  medium: field(1, string, { enum: ['', 'Memory', 'HugePages', 'HugePages-'] }),
  sizeLimit: optional(2, quantity),
});
export interface EmptyDirVolumeSource extends TypeOf<typeof EmptyDirVolumeSource> {}

export const PersistentVolumeClaimTemplate = struct('io.k8s.api.core.v1.PersistentVolumeClaimTemplate', {
  metadata: always(1, ObjectMeta),
  spec: always(2, PersistentVolumeClaimSpec, { required: true }),
});
export interface PersistentVolumeClaimTemplate extends TypeOf<typeof PersistentVolumeClaimTemplate> {}

export const EphemeralVolumeSource = struct('io.k8s.api.core.v1.EphemeralVolumeSource', {
  volumeClaimTemplate: optional(1, PersistentVolumeClaimTemplate),
});
export interface EphemeralVolumeSource extends TypeOf<typeof EphemeralVolumeSource> {}

export const FlexVolumeSource = struct('io.k8s.api.core.v1.FlexVolumeSource', {
  driver: always(1, string, { required: true }),
  fsType: field(2, string),
  secretRef: optional(3, LocalObjectReference),
  readOnly: field(4, boolean),
  options: field(5, map(string)),
});
export interface FlexVolumeSource extends TypeOf<typeof FlexVolumeSource> {}

export const GitRepoVolumeSource = struct('io.k8s.api.core.v1.GitRepoVolumeSource', {
  repository: always(1, string, { required: true }),
  revision: field(2, string),
  directory: field(3, string),
});
export interface GitRepoVolumeSource extends TypeOf<typeof GitRepoVolumeSource> {}

export const GlusterfsVolumeSource = struct('io.k8s.api.core.v1.GlusterfsVolumeSource', {
  endpoints: always(1, string, { required: true }),
  path: always(2, string, { required: true }),
  readOnly: field(3, boolean),
});
export interface GlusterfsVolumeSource extends TypeOf<typeof GlusterfsVolumeSource> {}

export const ImageVolumeSource = struct(
  'io.k8s.api.core.v1.ImageVolumeSource',
  {
    reference: field(1, string),
    pullPolicy: field(2, string, { enum: ['Always', 'Never', 'IfNotPresent'] }),
  },
  {
    defaults: image => {
      image.pullPolicy ||= pullPolicyOf(image.reference ?? '');
    },
  },
);
export interface ImageVolumeSource extends TypeOf<typeof ImageVolumeSource> {}

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

export const PersistentVolumeClaimVolumeSource = struct('io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource', {
  claimName: always(1, string, { required: true }),
  readOnly: field(2, boolean),
});
export interface PersistentVolumeClaimVolumeSource extends TypeOf<typeof PersistentVolumeClaimVolumeSource> {}

export const ClusterTrustBundleProjection = struct('io.k8s.api.core.v1.ClusterTrustBundleProjection', {
  name: optional(1, string),
  signerName: optional(2, string),
  labelSelector: optional(3, LabelSelector),
  path: always(4, string, { required: true }),
  optional: optional(5, boolean),
});
export interface ClusterTrustBundleProjection extends TypeOf<typeof ClusterTrustBundleProjection> {}

export const ConfigMapProjection = struct('io.k8s.api.core.v1.ConfigMapProjection', {
  name: field([1, 1], string),
  items: field(2, list(KeyToPath)),
  optional: optional(4, boolean),
});
export interface ConfigMapProjection extends TypeOf<typeof ConfigMapProjection> {}

export const DownwardAPIProjection = struct('io.k8s.api.core.v1.DownwardAPIProjection', {
  items: field(1, list(DownwardAPIVolumeFile)),
});
export interface DownwardAPIProjection extends TypeOf<typeof DownwardAPIProjection> {}

export const PodCertificateProjection = struct('io.k8s.api.core.v1.PodCertificateProjection', {
  signerName: always(1, string, { required: true }),
  keyType: always(2, string, { required: true }),
  maxExpirationSeconds: optional(3, int32),
  credentialBundlePath: field(4, string),
  keyPath: field(5, string),
  certificateChainPath: field(6, string),
  userAnnotations: field(7, map(string)),
});
export interface PodCertificateProjection extends TypeOf<typeof PodCertificateProjection> {}

export const SecretProjection = struct('io.k8s.api.core.v1.SecretProjection', {
  name: field([1, 1], string),
  items: field(2, list(KeyToPath)),
  optional: optional(4, boolean),
});
export interface SecretProjection extends TypeOf<typeof SecretProjection> {}

export const ServiceAccountTokenProjection = struct('io.k8s.api.core.v1.ServiceAccountTokenProjection', {
  audience: field(1, string),
  expirationSeconds: optional(2, int64, { default: 3600 }),
  path: always(3, string, { required: true }),
});
export interface ServiceAccountTokenProjection extends TypeOf<typeof ServiceAccountTokenProjection> {}

export const VolumeProjection = struct('io.k8s.api.core.v1.VolumeProjection', {
  secret: optional(1, SecretProjection),
  downwardAPI: optional(2, DownwardAPIProjection),
  configMap: optional(3, ConfigMapProjection),
  serviceAccountToken: optional(4, ServiceAccountTokenProjection),
  clusterTrustBundle: optional(5, ClusterTrustBundleProjection, { gate: 'ClusterTrustBundleProjection' }),
  podCertificate: optional(6, PodCertificateProjection, { gate: 'PodCertificateProjection' }),
});
export interface VolumeProjection extends TypeOf<typeof VolumeProjection> {}

export const ProjectedVolumeSource = struct('io.k8s.api.core.v1.ProjectedVolumeSource', {
  sources: always(1, list(VolumeProjection)),
  defaultMode: optional(2, int32, { default: 0o644 }),
});
export interface ProjectedVolumeSource extends TypeOf<typeof ProjectedVolumeSource> {}

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

export const SecretVolumeSource = struct('io.k8s.api.core.v1.SecretVolumeSource', {
  secretName: field(1, string),
  items: field(2, list(KeyToPath)),
  defaultMode: optional(3, int32, { default: 0o644 }),
  optional: optional(4, boolean),
});
export interface SecretVolumeSource extends TypeOf<typeof SecretVolumeSource> {}

export const StorageOSVolumeSource = struct('io.k8s.api.core.v1.StorageOSVolumeSource', {
  volumeName: field(1, string),
  volumeNamespace: field(2, string),
  fsType: field(3, string),
  readOnly: field(4, boolean),
  secretRef: optional(5, LocalObjectReference),
});
export interface StorageOSVolumeSource extends TypeOf<typeof StorageOSVolumeSource> {}

export const Volume = struct(
  'io.k8s.api.core.v1.Volume',
  {
    name: always(1, string, { required: true }),
    hostPath: optional([2, 1], HostPathVolumeSource),
    emptyDir: optional([2, 2], EmptyDirVolumeSource),
    gcePersistentDisk: optional([2, 3], GCEPersistentDiskVolumeSource),
    awsElasticBlockStore: optional([2, 4], AWSElasticBlockStoreVolumeSource),
    gitRepo: optional([2, 5], GitRepoVolumeSource),
    secret: optional([2, 6], SecretVolumeSource),
    nfs: optional([2, 7], NFSVolumeSource),
    iscsi: optional([2, 8], ISCSIVolumeSource),
    glusterfs: optional([2, 9], GlusterfsVolumeSource),
    persistentVolumeClaim: optional([2, 10], PersistentVolumeClaimVolumeSource),
    rbd: optional([2, 11], RBDVolumeSource),
    flexVolume: optional([2, 12], FlexVolumeSource),
    cinder: optional([2, 13], CinderVolumeSource),
    cephfs: optional([2, 14], CephFSVolumeSource),
    flocker: optional([2, 15], FlockerVolumeSource),
    downwardAPI: optional([2, 16], DownwardAPIVolumeSource),
    fc: optional([2, 17], FCVolumeSource),
    azureFile: optional([2, 18], AzureFileVolumeSource),
    configMap: optional([2, 19], ConfigMapVolumeSource),
    vsphereVolume: optional([2, 20], VsphereVirtualDiskVolumeSource),
    quobyte: optional([2, 21], QuobyteVolumeSource),
    azureDisk: optional([2, 22], AzureDiskVolumeSource),
    photonPersistentDisk: optional([2, 23], PhotonPersistentDiskVolumeSource),
    portworxVolume: optional([2, 24], PortworxVolumeSource),
    scaleIO: optional([2, 25], ScaleIOVolumeSource),
    projected: optional([2, 26], ProjectedVolumeSource),
    storageos: optional([2, 27], StorageOSVolumeSource),
    csi: optional([2, 28], CSIVolumeSource),
    ephemeral: optional([2, 29], EphemeralVolumeSource),
    image: optional([2, 30], ImageVolumeSource),
  },
  {
    // A volume of no kind is an empty directory.
    defaults: volume => {
      const { name: _, ...sources } = volume;
      if (Object.values(sources).every(source => source === undefined)) volume.emptyDir = {};
    },
  },
);
export interface Volume extends TypeOf<typeof Volume> {}
