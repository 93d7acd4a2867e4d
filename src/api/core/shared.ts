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
} from '#api/core/persistent-volume.ts';
import { ObjectReference } from '#api/core/references.ts';
import { NodeSelector } from '#api/core/scheduling.ts';
import {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  HostPathVolumeSource,
  LocalVolumeSource,
  NFSVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from '#api/core/volume.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, map, optional, quantity, string, struct, time } from '#machinery/schema.ts';

export const EventSource = struct('io.k8s.api.core.v1.EventSource', {
  component: field(1, string),
  host: field(2, string),
});
export interface EventSource extends TypeOf<typeof EventSource> {}

export const PersistentVolumeClaimCondition = struct('io.k8s.api.core.v1.PersistentVolumeClaimCondition', {
  type: always(1, string, {
    required: true,
    enum: [
      'Resizing',
      'FileSystemResizePending',
      'ControllerResizeError',
      'NodeResizeError',
      'ModifyVolumeError',
      'ModifyingVolume',
      'Unused',
    ],
  }),
  status: always(2, string, { required: true, enum: ['True', 'False', 'Unknown'] }),
  lastProbeTime: always(3, time),
  lastTransitionTime: always(4, time),
  reason: field(5, string),
  message: field(6, string),
});
export interface PersistentVolumeClaimCondition extends TypeOf<typeof PersistentVolumeClaimCondition> {}

export const ModifyVolumeStatus = struct('io.k8s.api.core.v1.ModifyVolumeStatus', {
  targetVolumeAttributesClassName: field(1, string),
  status: always(2, string, { required: true, enum: ['Pending', 'InProgress', 'Infeasible'] }),
});
export interface ModifyVolumeStatus extends TypeOf<typeof ModifyVolumeStatus> {}

export const PersistentVolumeClaimStatus = struct('io.k8s.api.core.v1.PersistentVolumeClaimStatus', {
  phase: field(1, string, { enum: ['Pending', 'Bound', 'Lost'] }),
  accessModes: field(2, list(string), { enum: ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'] }),
  capacity: field(3, map(quantity)),
  conditions: field(
    4,
    list(PersistentVolumeClaimCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
  ),
  allocatedResources: field(5, map(quantity)),
  allocatedResourceStatuses: field(7, map(string)),
  currentVolumeAttributesClassName: optional(8, string, { gate: 'VolumeAttributesClass' }),
  modifyVolumeStatus: optional(9, ModifyVolumeStatus, { gate: 'VolumeAttributesClass' }),
});
export interface PersistentVolumeClaimStatus extends TypeOf<typeof PersistentVolumeClaimStatus> {}

export const VolumeNodeAffinity = struct('io.k8s.api.core.v1.VolumeNodeAffinity', {
  required: optional(1, NodeSelector),
});
export interface VolumeNodeAffinity extends TypeOf<typeof VolumeNodeAffinity> {}

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
  claimRef: optional(4, ObjectReference),
  persistentVolumeReclaimPolicy: field(5, string, { enum: ['Recycle', 'Delete', 'Retain'] }),
  storageClassName: field(6, string),
  mountOptions: field(7, list(string)),
  volumeMode: optional(8, string, { enum: ['Block', 'Filesystem'] }),
  nodeAffinity: optional(9, VolumeNodeAffinity),
  volumeAttributesClassName: optional(10, string, { gate: 'VolumeAttributesClass' }),
});
export interface PersistentVolumeSpec extends TypeOf<typeof PersistentVolumeSpec> {}
