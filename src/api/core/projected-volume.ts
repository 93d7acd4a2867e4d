import { ObjectFieldSelector, ResourceFieldSelector } from '#api/core/env.ts';
import { LabelSelector } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, int64, list, map, optional, string, struct } from '#machinery/schema.ts';

export const KeyToPath = struct('io.k8s.api.core.v1.KeyToPath', {
  key: always(1, string, { required: true }),
  path: always(2, string, { required: true }),
  mode: optional(3, int32),
});
export interface KeyToPath extends TypeOf<typeof KeyToPath> {}

export const DownwardAPIVolumeFile = struct('io.k8s.api.core.v1.DownwardAPIVolumeFile', {
  path: always(1, string, { required: true }),
  fieldRef: optional(2, ObjectFieldSelector),
  resourceFieldRef: optional(3, ResourceFieldSelector),
  mode: optional(4, int32),
});
export interface DownwardAPIVolumeFile extends TypeOf<typeof DownwardAPIVolumeFile> {}

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
