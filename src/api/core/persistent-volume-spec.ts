import {
  AzureFilePersistentVolumeSource,
  CephFSPersistentVolumeSource,
  CinderPersistentVolumeSource,
  CSIPersistentVolumeSource,
  FlexPersistentVolumeSource,
  GlusterfsPersistentVolumeSource,
  ISCSIPersistentVolumeSource,
  RBDPersistentVolumeSource,
  ScaleIOPersistentVolumeSource,
  StorageOSPersistentVolumeSource,
} from '#api/core/persistent-volume-source.ts';
import { ObjectReference } from '#api/core/references.ts';
import { NodeSelector } from '#api/core/scheduling.ts';
import {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  NFSVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from '#api/core/storage-volume.ts';
import { HostPathVolumeSource, LocalVolumeSource } from '#api/core/volume.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { field, list, map, optional, quantity, string, struct } from '#machinery/schema.ts';

export const VolumeNodeAffinity = struct(
  'io.k8s.api.core.v1.VolumeNodeAffinity',
  {
    required: optional(1, NodeSelector, { doc: 'Nodes, one term of which must hold.' }),
  },
  { doc: 'Nodes that can reach the volume.' },
);
export interface VolumeNodeAffinity extends TypeOf<typeof VolumeNodeAffinity> {}

/** Here apply tracks each part: who binds sets them one by one. */
const ClaimReference: typeof ObjectReference = { ...ObjectReference, atomic: false };

export const PersistentVolumeSpec = struct(
  'io.k8s.api.core.v1.PersistentVolumeSpec',
  {
    capacity: field(1, map(quantity), { doc: 'Its size, as storage.' }),
    gcePersistentDisk: optional([2, 1], GCEPersistentDiskVolumeSource, {
      doc: 'Deprecated: a disk of Google Compute Engine.',
    }),
    awsElasticBlockStore: optional([2, 2], AWSElasticBlockStoreVolumeSource, { doc: 'Deprecated: a disk of AWS.' }),
    hostPath: optional([2, 3], HostPathVolumeSource, { doc: 'A path of the node, for trials on one node.' }),
    glusterfs: optional([2, 4], GlusterfsPersistentVolumeSource, { doc: 'No longer supported: a GlusterFS volume.' }),
    nfs: optional([2, 5], NFSVolumeSource, { doc: 'A directory of an NFS server.' }),
    rbd: optional([2, 6], RBDPersistentVolumeSource, { doc: 'No longer supported: a RADOS block device.' }),
    iscsi: optional([2, 7], ISCSIPersistentVolumeSource, { doc: 'A disk over iSCSI.' }),
    cinder: optional([2, 8], CinderPersistentVolumeSource, { doc: 'Deprecated: a disk of OpenStack.' }),
    cephfs: optional([2, 9], CephFSPersistentVolumeSource, { doc: 'No longer supported: a Ceph file system.' }),
    fc: optional([2, 10], FCVolumeSource, { doc: 'A disk over Fibre Channel.' }),
    flocker: optional([2, 11], FlockerVolumeSource, { doc: 'No longer supported: a Flocker volume.' }),
    flexVolume: optional([2, 12], FlexPersistentVolumeSource, {
      doc: 'Deprecated: a volume of a program on the node.',
    }),
    azureFile: optional([2, 13], AzureFilePersistentVolumeSource, { doc: 'Deprecated: a share of Azure Files.' }),
    vsphereVolume: optional([2, 14], VsphereVirtualDiskVolumeSource, { doc: 'Deprecated: a virtual disk of vSphere.' }),
    quobyte: optional([2, 15], QuobyteVolumeSource, { doc: 'No longer supported: a Quobyte volume.' }),
    azureDisk: optional([2, 16], AzureDiskVolumeSource, { doc: 'Deprecated: a disk of Azure.' }),
    photonPersistentDisk: optional([2, 17], PhotonPersistentDiskVolumeSource, {
      doc: 'No longer supported: a disk of Photon.',
    }),
    portworxVolume: optional([2, 18], PortworxVolumeSource, { doc: 'Deprecated: a Portworx volume.' }),
    scaleIO: optional([2, 19], ScaleIOPersistentVolumeSource, { doc: 'No longer supported: a ScaleIO volume.' }),
    local: optional([2, 20], LocalVolumeSource, { doc: 'A disk or directory of one node.' }),
    storageos: optional([2, 21], StorageOSPersistentVolumeSource, { doc: 'No longer supported: a StorageOS volume.' }),
    csi: optional([2, 22], CSIPersistentVolumeSource, { doc: 'A volume that a CSI driver manages.' }),
    accessModes: field(3, list(string), {
      enum: ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'],
      doc: 'All the ways it can be mounted.',
    }),
    claimRef: optional(4, ClaimReference, { doc: 'Claim that has it, or is to have it.' }),
    persistentVolumeReclaimPolicy: field(5, string, {
      enum: ['Recycle', 'Delete', 'Retain'],
      doc: 'What becomes of it after its claim: Retain, Delete or Recycle. Retain if absent.',
    }),
    storageClassName: field(6, string, { doc: 'Its class. Empty means none.' }),
    mountOptions: field(7, list(string), { doc: 'Options of the mount, such as ro. Not checked.' }),
    volumeMode: optional(8, string, {
      enum: ['Block', 'Filesystem'],
      doc: 'Filesystem or Block. Filesystem if absent.',
    }),
    nodeAffinity: optional(9, VolumeNodeAffinity, { doc: 'Nodes that can reach it. All if absent.' }),
    volumeAttributesClassName: optional(10, string, {
      gate: 'VolumeAttributesClass',
      doc: 'Class of attributes that it has.',
    }),
  },
  { doc: 'What the volume is and who may have it. Exactly one source is set.' },
);
export interface PersistentVolumeSpec extends TypeOf<typeof PersistentVolumeSpec> {}
