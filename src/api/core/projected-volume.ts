import { ObjectFieldSelector, ResourceFieldSelector } from '#api/core/env.ts';
import { LabelSelector } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, int64, list, map, optional, string, struct } from '#machinery/schema.ts';

export const KeyToPath = struct(
  'io.k8s.api.core.v1.KeyToPath',
  {
    key: always(1, string, { required: true, doc: 'Key to write.' }),
    path: always(2, string, { required: true, doc: 'Path of the file, relative and without "..".' }),
    mode: optional(3, int32, { doc: 'Permission bits of the file. Those of the volume if absent.' }),
  },
  { doc: 'A key and the file it becomes.' },
);
export interface KeyToPath extends TypeOf<typeof KeyToPath> {}

export const DownwardAPIVolumeFile = struct(
  'io.k8s.api.core.v1.DownwardAPIVolumeFile',
  {
    path: always(1, string, { required: true, doc: 'Path of the file, relative and without "..".' }),
    fieldRef: optional(2, ObjectFieldSelector, { doc: 'A field of the Pod.' }),
    resourceFieldRef: optional(3, ResourceFieldSelector, { doc: 'A request or limit of a container.' }),
    mode: optional(4, int32, { doc: 'Permission bits of the file. Those of the volume if absent.' }),
  },
  { doc: 'A file with a fact about the Pod. One reference is set.' },
);
export interface DownwardAPIVolumeFile extends TypeOf<typeof DownwardAPIVolumeFile> {}

export const ClusterTrustBundleProjection = struct(
  'io.k8s.api.core.v1.ClusterTrustBundleProjection',
  {
    name: optional(1, string, { doc: 'Name of one bundle. Not together with signerName.' }),
    signerName: optional(2, string, { doc: 'Signer whose bundles are joined.' }),
    labelSelector: optional(3, LabelSelector, { doc: "Which of the signer's bundles. None if absent, all if empty." }),
    path: always(4, string, { required: true, doc: 'Path of the file.' }),
    optional: optional(5, boolean, { doc: 'True lets the bundles be missing.' }),
  },
  { doc: 'A file with the certificates of trust bundles.' },
);
export interface ClusterTrustBundleProjection extends TypeOf<typeof ClusterTrustBundleProjection> {}

export const ConfigMapProjection = struct(
  'io.k8s.api.core.v1.ConfigMapProjection',
  {
    name: field([1, 1], string, { doc: 'Name of the ConfigMap.' }),
    items: field(2, list(KeyToPath), { doc: 'Keys to write and where. All keys, by their names, if absent.' }),
    optional: optional(4, boolean, { doc: 'True lets the ConfigMap or its keys be missing.' }),
  },
  { doc: 'Files from a ConfigMap.' },
);
export interface ConfigMapProjection extends TypeOf<typeof ConfigMapProjection> {}

export const DownwardAPIProjection = struct(
  'io.k8s.api.core.v1.DownwardAPIProjection',
  {
    items: field(1, list(DownwardAPIVolumeFile), { doc: 'The files.' }),
  },
  { doc: 'Files with facts about the Pod.' },
);
export interface DownwardAPIProjection extends TypeOf<typeof DownwardAPIProjection> {}

export const PodCertificateProjection = struct(
  'io.k8s.api.core.v1.PodCertificateProjection',
  {
    signerName: always(1, string, { required: true, doc: 'Signer to ask for the certificate.' }),
    keyType: always(2, string, { required: true, doc: 'Kind of key to make, such as ED25519 or ECDSAP256.' }),
    maxExpirationSeconds: optional(3, int32, { doc: 'Longest life to ask for, in seconds. 86400 if absent.' }),
    credentialBundlePath: field(4, string, { doc: 'File for the key with its certificates.' }),
    keyPath: field(5, string, { doc: 'File for the key alone.' }),
    certificateChainPath: field(6, string, { doc: 'File for the certificates alone.' }),
    userAnnotations: field(7, map(string), { doc: 'Further data handed to the signer.' }),
  },
  { doc: 'A key and a certificate for the Pod, renewed by its node.' },
);
export interface PodCertificateProjection extends TypeOf<typeof PodCertificateProjection> {}

export const SecretProjection = struct(
  'io.k8s.api.core.v1.SecretProjection',
  {
    name: field([1, 1], string, { doc: 'Name of the Secret.' }),
    items: field(2, list(KeyToPath), { doc: 'Keys to write and where. All keys, by their names, if absent.' }),
    optional: optional(4, boolean, { doc: 'True lets the Secret or its keys be missing.' }),
  },
  { doc: 'Files from a Secret.' },
);
export interface SecretProjection extends TypeOf<typeof SecretProjection> {}

export const ServiceAccountTokenProjection = struct(
  'io.k8s.api.core.v1.ServiceAccountTokenProjection',
  {
    audience: field(1, string, { doc: 'Whom the token is for. The API server if absent.' }),
    expirationSeconds: optional(2, int64, {
      default: 3600,
      doc: 'Life of a token in seconds, at least 600. 3600 if absent.',
    }),
    path: always(3, string, { required: true, doc: 'Path of the file.' }),
  },
  { doc: "A token of the Pod's ServiceAccount, renewed by its node." },
);
export interface ServiceAccountTokenProjection extends TypeOf<typeof ServiceAccountTokenProjection> {}

export const VolumeProjection = struct(
  'io.k8s.api.core.v1.VolumeProjection',
  {
    secret: optional(1, SecretProjection, { doc: 'Files from a Secret.' }),
    downwardAPI: optional(2, DownwardAPIProjection, { doc: 'Files with facts about the Pod.' }),
    configMap: optional(3, ConfigMapProjection, { doc: 'Files from a ConfigMap.' }),
    serviceAccountToken: optional(4, ServiceAccountTokenProjection, { doc: "A token of the Pod's ServiceAccount." }),
    clusterTrustBundle: optional(5, ClusterTrustBundleProjection, {
      gate: 'ClusterTrustBundleProjection',
      doc: 'Certificates of trust bundles.',
    }),
    podCertificate: optional(6, PodCertificateProjection, {
      gate: 'PodCertificateProjection',
      doc: 'A key and a certificate for the Pod.',
    }),
  },
  { doc: 'One source of a projected volume. Exactly one is set.' },
);
export interface VolumeProjection extends TypeOf<typeof VolumeProjection> {}

export const ProjectedVolumeSource = struct(
  'io.k8s.api.core.v1.ProjectedVolumeSource',
  {
    sources: always(1, list(VolumeProjection), { doc: 'The sources. Later ones win.' }),
    defaultMode: optional(2, int32, { default: 0o644, doc: 'Permission bits of files. 0644 if absent.' }),
  },
  { doc: 'Files from several sources in one directory.' },
);
export interface ProjectedVolumeSource extends TypeOf<typeof ProjectedVolumeSource> {}
