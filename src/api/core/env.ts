import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, optional, quantity, string, struct } from '#machinery/schema.ts';

export const ConfigMapKeySelector = struct(
  'io.k8s.api.core.v1.ConfigMapKeySelector',
  {
    name: field([1, 1], string),
    key: always(2, string, { required: true }),
    optional: optional(3, boolean),
  },
  { atomic: true },
);
export interface ConfigMapKeySelector extends TypeOf<typeof ConfigMapKeySelector> {}

export const ObjectFieldSelector = struct(
  'io.k8s.api.core.v1.ObjectFieldSelector',
  {
    apiVersion: field(1, string, { default: 'v1' }),
    fieldPath: always(2, string, { required: true }),
  },
  { atomic: true },
);
export interface ObjectFieldSelector extends TypeOf<typeof ObjectFieldSelector> {}

export const FileKeySelector = struct(
  'io.k8s.api.core.v1.FileKeySelector',
  {
    volumeName: always(1, string, { required: true }),
    path: always(2, string, { required: true }),
    key: always(3, string, { required: true }),
    optional: optional(4, boolean, { default: false }),
  },
  { atomic: true },
);
export interface FileKeySelector extends TypeOf<typeof FileKeySelector> {}

export const ResourceFieldSelector = struct(
  'io.k8s.api.core.v1.ResourceFieldSelector',
  {
    containerName: field(1, string),
    resource: always(2, string, { required: true }),
    divisor: always(3, quantity),
  },
  { atomic: true },
);
export interface ResourceFieldSelector extends TypeOf<typeof ResourceFieldSelector> {}

export const SecretKeySelector = struct(
  'io.k8s.api.core.v1.SecretKeySelector',
  {
    name: field([1, 1], string),
    key: always(2, string, { required: true }),
    optional: optional(3, boolean),
  },
  { atomic: true },
);
export interface SecretKeySelector extends TypeOf<typeof SecretKeySelector> {}

export const EnvVarSource = struct('io.k8s.api.core.v1.EnvVarSource', {
  fieldRef: optional(1, ObjectFieldSelector),
  resourceFieldRef: optional(2, ResourceFieldSelector),
  configMapKeyRef: optional(3, ConfigMapKeySelector),
  secretKeyRef: optional(4, SecretKeySelector),
  fileKeyRef: optional(5, FileKeySelector, { gate: 'EnvFiles' }),
});
export interface EnvVarSource extends TypeOf<typeof EnvVarSource> {}

export const EnvVar = struct('io.k8s.api.core.v1.EnvVar', {
  name: always(1, string, { required: true }),
  value: field(2, string),
  valueFrom: optional(3, EnvVarSource),
});
export interface EnvVar extends TypeOf<typeof EnvVar> {}

export const ConfigMapEnvSource = struct('io.k8s.api.core.v1.ConfigMapEnvSource', {
  name: field([1, 1], string),
  optional: optional(2, boolean),
});
export interface ConfigMapEnvSource extends TypeOf<typeof ConfigMapEnvSource> {}

export const SecretEnvSource = struct('io.k8s.api.core.v1.SecretEnvSource', {
  name: field([1, 1], string),
  optional: optional(2, boolean),
});
export interface SecretEnvSource extends TypeOf<typeof SecretEnvSource> {}

export const EnvFromSource = struct('io.k8s.api.core.v1.EnvFromSource', {
  prefix: field(1, string),
  configMapRef: optional(2, ConfigMapEnvSource),
  secretRef: optional(3, SecretEnvSource),
});
export interface EnvFromSource extends TypeOf<typeof EnvFromSource> {}
