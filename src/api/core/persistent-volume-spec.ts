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

export const VolumeNodeAffinity = struct('io.k8s.api.core.v1.VolumeNodeAffinity', {
  required: optional(1, NodeSelector),
});
export interface VolumeNodeAffinity extends TypeOf<typeof VolumeNodeAffinity> {}

/** Here apply tracks each part: who binds sets them one by one. */
const ClaimReference: typeof ObjectReference = { ...ObjectReference, atomic: false };

export const PersistentVolumeSpec = struct('io.k8s.api.core.v1.PersistentVolumeSpec', {
  capacity: field(1, map(quantity)),
  gcePersistentDisk: optional([2, 1], GCEPersistentDiskVolumeSource),
  awsElasticBlockStore: optional([2, 2], AWSElasticBlockStoreVolumeSource),
  hostPath: optional([2, 3], HostPathVolumeSource),
  glusterfs: optional([2, 4], GlusterfsPersistentVolumeSource),
  nfs: optional([2, 5], NFSVolumeSource),
  rbd: optional([2, 6], RBDPersistentVolumeSource),
  iscsi: optional([2, 7], ISCSIPersistentVolumeSource),
  cinder: optional([2, 8], CinderPersistentVolumeSource),
  cephfs: optional([2, 9], CephFSPersistentVolumeSource),
  fc: optional([2, 10], FCVolumeSource),
  flocker: optional([2, 11], FlockerVolumeSource),
  flexVolume: optional([2, 12], FlexPersistentVolumeSource),
  azureFile: optional([2, 13], AzureFilePersistentVolumeSource),
  vsphereVolume: optional([2, 14], VsphereVirtualDiskVolumeSource),
  quobyte: optional([2, 15], QuobyteVolumeSource),
  azureDisk: optional([2, 16], AzureDiskVolumeSource),
  photonPersistentDisk: optional([2, 17], PhotonPersistentDiskVolumeSource),
  portworxVolume: optional([2, 18], PortworxVolumeSource),
  scaleIO: optional([2, 19], ScaleIOPersistentVolumeSource),
  local: optional([2, 20], LocalVolumeSource),
  storageos: optional([2, 21], StorageOSPersistentVolumeSource),
  csi: optional([2, 22], CSIPersistentVolumeSource),
  accessModes: field(3, list(string), { enum: ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'] }),
  claimRef: optional(4, ClaimReference),
  persistentVolumeReclaimPolicy: field(5, string, { default: 'Retain', enum: ['Recycle', 'Delete', 'Retain'] }),
  storageClassName: field(6, string),
  mountOptions: field(7, list(string)),
  volumeMode: optional(8, string, { default: 'Filesystem', enum: ['Block', 'Filesystem'] }),
  nodeAffinity: optional(9, VolumeNodeAffinity),
  volumeAttributesClassName: optional(10, string, { gate: 'VolumeAttributesClass' }),
});
export interface PersistentVolumeSpec extends TypeOf<typeof PersistentVolumeSpec> {}
