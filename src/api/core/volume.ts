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

export const HostPathVolumeSource = struct(
  'io.k8s.api.core.v1.HostPathVolumeSource',
  {
    path: always(1, string, { required: true, doc: 'Path on the node.' }),
    type: optional(2, string, {
      default: '',
      enum: ['', 'DirectoryOrCreate', 'Directory', 'FileOrCreate', 'File', 'Socket', 'CharDevice', 'BlockDevice'],
      doc: 'What must be or is made there, such as Directory or DirectoryOrCreate. Empty checks nothing.',
    }),
  },
  { doc: 'A path of the node.' },
);
export interface HostPathVolumeSource extends TypeOf<typeof HostPathVolumeSource> {}

export const LocalVolumeSource = struct(
  'io.k8s.api.core.v1.LocalVolumeSource',
  {
    path: always(1, string, { required: true, doc: 'Path on the node of a directory or a block device.' }),
    fsType: optional(2, string, { doc: 'File system to make on an empty block device.' }),
  },
  { doc: 'A disk or directory of one node.' },
);
export interface LocalVolumeSource extends TypeOf<typeof LocalVolumeSource> {}

export const ConfigMapVolumeSource = struct(
  'io.k8s.api.core.v1.ConfigMapVolumeSource',
  {
    name: field([1, 1], string, { doc: 'Name of the ConfigMap.' }),
    items: field(2, list(KeyToPath), { doc: 'Keys to write and where. All keys, by their names, if absent.' }),
    defaultMode: optional(3, int32, { default: 0o644, doc: 'Permission bits of files. 0644 if absent.' }),
    optional: optional(4, boolean, { doc: 'True lets the ConfigMap or its keys be missing.' }),
  },
  { doc: 'Files from a ConfigMap.' },
);
export interface ConfigMapVolumeSource extends TypeOf<typeof ConfigMapVolumeSource> {}

export const CSIVolumeSource = struct(
  'io.k8s.api.core.v1.CSIVolumeSource',
  {
    driver: always(1, string, { required: true, doc: 'Name of the CSI driver.' }),
    readOnly: optional(2, boolean, { doc: 'True makes it read-only. False if absent.' }),
    fsType: optional(3, string, { doc: 'File system. The driver chooses if absent.' }),
    volumeAttributes: field(4, map(string), { doc: 'Settings for the driver.' }),
    nodePublishSecretRef: optional(5, LocalObjectReference, { doc: 'Secret handed to the driver when it mounts.' }),
  },
  { doc: 'A volume that a CSI driver makes for the Pod and removes with it.' },
);
export interface CSIVolumeSource extends TypeOf<typeof CSIVolumeSource> {}

export const DownwardAPIVolumeSource = struct(
  'io.k8s.api.core.v1.DownwardAPIVolumeSource',
  {
    items: field(1, list(DownwardAPIVolumeFile), { doc: 'The files.' }),
    defaultMode: optional(2, int32, { default: 0o644, doc: 'Permission bits of files. 0644 if absent.' }),
  },
  { doc: 'Files with facts about the Pod.' },
);
export interface DownwardAPIVolumeSource extends TypeOf<typeof DownwardAPIVolumeSource> {}

export const EmptyDirVolumeSource = struct(
  'io.k8s.api.core.v1.EmptyDirVolumeSource',
  {
    medium: field(1, string, {
      enum: ['', 'Memory', 'HugePages', 'HugePages-'],
      doc: "Memory keeps it in memory. The node's disk if absent.",
    }),
    sizeLimit: optional(2, quantity, { doc: 'Most it may hold; beyond it the Pod is evicted. No limit if absent.' }),
  },
  { doc: 'A directory that starts empty and goes with the Pod.' },
);
export interface EmptyDirVolumeSource extends TypeOf<typeof EmptyDirVolumeSource> {}

export const PersistentVolumeClaimTemplate = struct(
  'io.k8s.api.core.v1.PersistentVolumeClaimTemplate',
  {
    metadata: always(1, ObjectMeta, { doc: 'Labels and annotations of the claim.' }),
    spec: always(2, PersistentVolumeClaimSpec, { required: true, doc: 'What the claim asks for.' }),
  },
  { doc: 'A claim to be made.' },
);
export interface PersistentVolumeClaimTemplate extends TypeOf<typeof PersistentVolumeClaimTemplate> {}

export const EphemeralVolumeSource = struct(
  'io.k8s.api.core.v1.EphemeralVolumeSource',
  {
    volumeClaimTemplate: optional(1, PersistentVolumeClaimTemplate, {
      doc: 'The claim to make, named after the Pod and the volume.',
    }),
  },
  { doc: 'A volume with a claim of its own that goes with the Pod.' },
);
export interface EphemeralVolumeSource extends TypeOf<typeof EphemeralVolumeSource> {}

export const GitRepoVolumeSource = struct(
  'io.k8s.api.core.v1.GitRepoVolumeSource',
  {
    repository: always(1, string, { required: true, doc: 'URL of the repository.' }),
    revision: field(2, string, { doc: 'Commit to check out.' }),
    directory: field(3, string, { doc: 'Directory to check out into.' }),
  },
  { doc: 'No longer supported: files of a git repository.' },
);
export interface GitRepoVolumeSource extends TypeOf<typeof GitRepoVolumeSource> {}

export const ImageVolumeSource = struct(
  'io.k8s.api.core.v1.ImageVolumeSource',
  {
    reference: field(1, string, { doc: 'The image, such as registry/name:tag.' }),
    pullPolicy: field(2, string, {
      enum: ['Always', 'Never', 'IfNotPresent'],
      doc: 'When it is pulled. Always for the tag latest, else IfNotPresent.',
    }),
  },
  {
    doc: 'The files of an image, read-only.',
    defaults: image => {
      image.pullPolicy ||= pullPolicyOf(image.reference ?? '');
    },
  },
);
export interface ImageVolumeSource extends TypeOf<typeof ImageVolumeSource> {}

export const PersistentVolumeClaimVolumeSource = struct(
  'io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource',
  {
    claimName: always(1, string, { required: true, doc: "Name of a PersistentVolumeClaim of the Pod's namespace." }),
    readOnly: field(2, boolean, { doc: 'True makes it read-only in every container.' }),
  },
  { doc: 'The volume of a claim.' },
);
export interface PersistentVolumeClaimVolumeSource extends TypeOf<typeof PersistentVolumeClaimVolumeSource> {}

export const SecretVolumeSource = struct(
  'io.k8s.api.core.v1.SecretVolumeSource',
  {
    secretName: field(1, string, { doc: 'Name of the Secret.' }),
    items: field(2, list(KeyToPath), { doc: 'Keys to write and where. All keys, by their names, if absent.' }),
    defaultMode: optional(3, int32, { default: 0o644, doc: 'Permission bits of files. 0644 if absent.' }),
    optional: optional(4, boolean, { doc: 'True lets the Secret or its keys be missing.' }),
  },
  { doc: 'Files from a Secret, kept in memory.' },
);
export interface SecretVolumeSource extends TypeOf<typeof SecretVolumeSource> {}

export const Volume = struct(
  'io.k8s.api.core.v1.Volume',
  {
    name: always(1, string, { required: true, doc: 'Name, unique in the Pod.' }),
    hostPath: optional([2, 1], HostPathVolumeSource, { doc: 'A path of the node.' }),
    emptyDir: optional([2, 2], EmptyDirVolumeSource, { doc: 'A directory that starts empty and goes with the Pod.' }),
    gcePersistentDisk: optional([2, 3], GCEPersistentDiskVolumeSource, {
      doc: 'Deprecated: a disk of Google Compute Engine.',
    }),
    awsElasticBlockStore: optional([2, 4], AWSElasticBlockStoreVolumeSource, { doc: 'Deprecated: a disk of AWS.' }),
    gitRepo: optional([2, 5], GitRepoVolumeSource, { doc: 'No longer supported: files of a git repository.' }),
    secret: optional([2, 6], SecretVolumeSource, { doc: 'Files from a Secret.' }),
    nfs: optional([2, 7], NFSVolumeSource, { doc: 'A directory of an NFS server.' }),
    iscsi: optional([2, 8], ISCSIVolumeSource, { doc: 'A disk over iSCSI.' }),
    glusterfs: optional([2, 9], GlusterfsVolumeSource, { doc: 'No longer supported: a GlusterFS volume.' }),
    persistentVolumeClaim: optional([2, 10], PersistentVolumeClaimVolumeSource, { doc: 'The volume of a claim.' }),
    rbd: optional([2, 11], RBDVolumeSource, { doc: 'No longer supported: a RADOS block device.' }),
    flexVolume: optional([2, 12], FlexVolumeSource, { doc: 'Deprecated: a volume of a program on the node.' }),
    cinder: optional([2, 13], CinderVolumeSource, { doc: 'Deprecated: a disk of OpenStack.' }),
    cephfs: optional([2, 14], CephFSVolumeSource, { doc: 'No longer supported: a Ceph file system.' }),
    flocker: optional([2, 15], FlockerVolumeSource, { doc: 'No longer supported: a Flocker volume.' }),
    downwardAPI: optional([2, 16], DownwardAPIVolumeSource, { doc: 'Files with facts about the Pod.' }),
    fc: optional([2, 17], FCVolumeSource, { doc: 'A disk over Fibre Channel.' }),
    azureFile: optional([2, 18], AzureFileVolumeSource, { doc: 'Deprecated: a share of Azure Files.' }),
    configMap: optional([2, 19], ConfigMapVolumeSource, { doc: 'Files from a ConfigMap.' }),
    vsphereVolume: optional([2, 20], VsphereVirtualDiskVolumeSource, { doc: 'Deprecated: a virtual disk of vSphere.' }),
    quobyte: optional([2, 21], QuobyteVolumeSource, { doc: 'No longer supported: a Quobyte volume.' }),
    azureDisk: optional([2, 22], AzureDiskVolumeSource, { doc: 'Deprecated: a disk of Azure.' }),
    photonPersistentDisk: optional([2, 23], PhotonPersistentDiskVolumeSource, {
      doc: 'No longer supported: a disk of Photon.',
    }),
    portworxVolume: optional([2, 24], PortworxVolumeSource, { doc: 'Deprecated: a Portworx volume.' }),
    scaleIO: optional([2, 25], ScaleIOVolumeSource, { doc: 'No longer supported: a ScaleIO volume.' }),
    projected: optional([2, 26], ProjectedVolumeSource, { doc: 'Files from several sources in one directory.' }),
    storageos: optional([2, 27], StorageOSVolumeSource, { doc: 'No longer supported: a StorageOS volume.' }),
    csi: optional([2, 28], CSIVolumeSource, { doc: 'A volume that a CSI driver makes for the Pod.' }),
    ephemeral: optional([2, 29], EphemeralVolumeSource, {
      doc: 'A volume with a claim of its own that goes with the Pod.',
    }),
    image: optional([2, 30], ImageVolumeSource, { doc: 'The files of an image, read-only.' }),
  },
  {
    doc: 'A volume of a Pod. Exactly one source is set; emptyDir if none.',
    // A volume of no kind is an empty directory.
    defaults: volume => {
      const { name: _, ...sources } = volume;
      if (Object.values(sources).every(source => source === undefined)) volume.emptyDir = {};
    },
  },
);
export interface Volume extends TypeOf<typeof Volume> {}
