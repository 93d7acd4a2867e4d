import { pullPolicyOf } from '#api/core/image-name.ts';
import { PersistentVolumeClaimSpec } from '#api/core/persistent-volume-claim-spec.ts';
import { DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource } from '#api/core/projected-volume.ts';
import { LocalObjectReference } from '#api/core/references.ts';
import {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  AzureFileVolumeSource,
  CephFSVolumeSource,
  CinderVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  GlusterfsVolumeSource,
  ISCSIVolumeSource,
  NFSVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  RBDVolumeSource,
  ScaleIOVolumeSource,
  StorageOSVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from '#api/core/storage-volume.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, list, map, optional, quantity, string, struct } from '#machinery/schema.ts';

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

export const GitRepoVolumeSource = struct('io.k8s.api.core.v1.GitRepoVolumeSource', {
  repository: always(1, string, { required: true }),
  revision: field(2, string),
  directory: field(3, string),
});
export interface GitRepoVolumeSource extends TypeOf<typeof GitRepoVolumeSource> {}

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

export const PersistentVolumeClaimVolumeSource = struct('io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource', {
  claimName: always(1, string, { required: true }),
  readOnly: field(2, boolean),
});
export interface PersistentVolumeClaimVolumeSource extends TypeOf<typeof PersistentVolumeClaimVolumeSource> {}

export const SecretVolumeSource = struct('io.k8s.api.core.v1.SecretVolumeSource', {
  secretName: field(1, string),
  items: field(2, list(KeyToPath)),
  defaultMode: optional(3, int32, { default: 0o644 }),
  optional: optional(4, boolean),
});
export interface SecretVolumeSource extends TypeOf<typeof SecretVolumeSource> {}

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
