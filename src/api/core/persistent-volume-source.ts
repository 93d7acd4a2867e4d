import { ObjectReference, SecretReference } from '#api/core/references.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, list, map, optional, string, struct } from '#machinery/schema.ts';

export const AzureFilePersistentVolumeSource = struct('io.k8s.api.core.v1.AzureFilePersistentVolumeSource', {
  secretName: always(1, string, { required: true }),
  shareName: always(2, string, { required: true }),
  readOnly: field(3, boolean),
  secretNamespace: always(4, string, { nullable: true }),
});
export interface AzureFilePersistentVolumeSource extends TypeOf<typeof AzureFilePersistentVolumeSource> {}

export const CephFSPersistentVolumeSource = struct('io.k8s.api.core.v1.CephFSPersistentVolumeSource', {
  monitors: always(1, list(string), { required: true }),
  path: field(2, string),
  user: field(3, string),
  secretFile: field(4, string),
  secretRef: optional(5, SecretReference),
  readOnly: field(6, boolean),
});
export interface CephFSPersistentVolumeSource extends TypeOf<typeof CephFSPersistentVolumeSource> {}

export const CinderPersistentVolumeSource = struct('io.k8s.api.core.v1.CinderPersistentVolumeSource', {
  volumeID: always(1, string, { required: true }),
  fsType: field(2, string),
  readOnly: field(3, boolean),
  secretRef: optional(4, SecretReference),
});
export interface CinderPersistentVolumeSource extends TypeOf<typeof CinderPersistentVolumeSource> {}

export const CSIPersistentVolumeSource = struct('io.k8s.api.core.v1.CSIPersistentVolumeSource', {
  driver: always(1, string, { required: true }),
  volumeHandle: always(2, string, { required: true }),
  readOnly: field(3, boolean),
  fsType: field(4, string),
  volumeAttributes: field(5, map(string)),
  controllerPublishSecretRef: optional(6, SecretReference),
  nodeStageSecretRef: optional(7, SecretReference),
  nodePublishSecretRef: optional(8, SecretReference),
  controllerExpandSecretRef: optional(9, SecretReference),
  nodeExpandSecretRef: optional(10, SecretReference),
});
export interface CSIPersistentVolumeSource extends TypeOf<typeof CSIPersistentVolumeSource> {}

export const FlexPersistentVolumeSource = struct('io.k8s.api.core.v1.FlexPersistentVolumeSource', {
  driver: always(1, string, { required: true }),
  fsType: field(2, string),
  secretRef: optional(3, SecretReference),
  readOnly: field(4, boolean),
  options: field(5, map(string)),
});
export interface FlexPersistentVolumeSource extends TypeOf<typeof FlexPersistentVolumeSource> {}

export const GlusterfsPersistentVolumeSource = struct('io.k8s.api.core.v1.GlusterfsPersistentVolumeSource', {
  endpoints: always(1, string, { required: true }),
  path: always(2, string, { required: true }),
  readOnly: field(3, boolean),
  endpointsNamespace: optional(4, string),
});
export interface GlusterfsPersistentVolumeSource extends TypeOf<typeof GlusterfsPersistentVolumeSource> {}

export const ISCSIPersistentVolumeSource = struct('io.k8s.api.core.v1.ISCSIPersistentVolumeSource', {
  targetPortal: always(1, string, { required: true }),
  iqn: always(2, string, { required: true }),
  lun: always(3, int32, { required: true }),
  iscsiInterface: field(4, string, { default: 'default' }),
  fsType: field(5, string),
  readOnly: field(6, boolean),
  portals: field(7, list(string)),
  chapAuthDiscovery: field(8, boolean),
  chapAuthSession: field(11, boolean),
  secretRef: optional(10, SecretReference),
  initiatorName: optional(12, string),
});
export interface ISCSIPersistentVolumeSource extends TypeOf<typeof ISCSIPersistentVolumeSource> {}

export const RBDPersistentVolumeSource = struct('io.k8s.api.core.v1.RBDPersistentVolumeSource', {
  monitors: always(1, list(string), { required: true }),
  image: always(2, string, { required: true }),
  fsType: field(3, string),
  pool: field(4, string, { default: 'rbd' }),
  user: field(5, string, { default: 'admin' }),
  keyring: field(6, string, { default: '/etc/ceph/keyring' }),
  secretRef: optional(7, SecretReference),
  readOnly: field(8, boolean),
});
export interface RBDPersistentVolumeSource extends TypeOf<typeof RBDPersistentVolumeSource> {}

export const ScaleIOPersistentVolumeSource = struct('io.k8s.api.core.v1.ScaleIOPersistentVolumeSource', {
  gateway: always(1, string, { required: true }),
  system: always(2, string, { required: true }),
  secretRef: always(3, SecretReference, { required: true, nullable: true }),
  sslEnabled: field(4, boolean),
  protectionDomain: field(5, string),
  storagePool: field(6, string),
  storageMode: field(7, string, { default: 'ThinProvisioned' }),
  volumeName: field(8, string),
  fsType: field(9, string, { default: 'xfs' }),
  readOnly: field(10, boolean),
});
export interface ScaleIOPersistentVolumeSource extends TypeOf<typeof ScaleIOPersistentVolumeSource> {}

export const StorageOSPersistentVolumeSource = struct('io.k8s.api.core.v1.StorageOSPersistentVolumeSource', {
  volumeName: field(1, string),
  volumeNamespace: field(2, string),
  fsType: field(3, string),
  readOnly: field(4, boolean),
  secretRef: optional(5, ObjectReference),
});
export interface StorageOSPersistentVolumeSource extends TypeOf<typeof StorageOSPersistentVolumeSource> {}
