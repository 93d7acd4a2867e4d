import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, optional, quantity, string, struct } from '#machinery/schema.ts';

export const ConfigMapKeySelector = struct(
  'io.k8s.api.core.v1.ConfigMapKeySelector',
  {
    name: field([1, 1], string, { doc: 'Name of the ConfigMap.' }),
    key: always(2, string, { required: true, doc: 'Key to read.' }),
    optional: optional(3, boolean, { doc: 'True lets the ConfigMap or the key be missing.' }),
  },
  { doc: "One key of a ConfigMap of the Pod's namespace.", atomic: true },
);
export interface ConfigMapKeySelector extends TypeOf<typeof ConfigMapKeySelector> {}

export const ObjectFieldSelector = struct(
  'io.k8s.api.core.v1.ObjectFieldSelector',
  {
    apiVersion: field(1, string, { default: 'v1', doc: 'Version that the path is written in. v1 if absent.' }),
    fieldPath: always(2, string, { required: true, doc: 'Path of the field, such as metadata.name or status.podIP.' }),
  },
  { doc: 'One field of the Pod itself.', atomic: true },
);
export interface ObjectFieldSelector extends TypeOf<typeof ObjectFieldSelector> {}

export const FileKeySelector = struct(
  'io.k8s.api.core.v1.FileKeySelector',
  {
    volumeName: always(1, string, { required: true, doc: 'Name of the emptyDir volume that holds the file.' }),
    path: always(2, string, { required: true, doc: 'Path of the file within the volume, relative and without "..".' }),
    key: always(3, string, { required: true, doc: 'Name of the variable in the file.' }),
    optional: optional(4, boolean, { default: false, doc: 'True lets the file or the key be missing.' }),
  },
  { doc: 'One variable from a file in a volume of the Pod.', atomic: true },
);
export interface FileKeySelector extends TypeOf<typeof FileKeySelector> {}

export const ResourceFieldSelector = struct(
  'io.k8s.api.core.v1.ResourceFieldSelector',
  {
    containerName: field(1, string, {
      doc: 'Container that is asked. Required in volumes; in variables absent means the same container.',
    }),
    resource: always(2, string, { required: true, doc: 'What to read, such as limits.cpu or requests.memory.' }),
    divisor: always(3, quantity, { doc: 'Unit of the result, which is rounded up. 1 if absent.' }),
  },
  { doc: 'A request or limit of a container.', atomic: true },
);
export interface ResourceFieldSelector extends TypeOf<typeof ResourceFieldSelector> {}

export const SecretKeySelector = struct(
  'io.k8s.api.core.v1.SecretKeySelector',
  {
    name: field([1, 1], string, { doc: 'Name of the Secret.' }),
    key: always(2, string, { required: true, doc: 'Key to read.' }),
    optional: optional(3, boolean, { doc: 'True lets the Secret or the key be missing.' }),
  },
  { doc: "One key of a Secret of the Pod's namespace.", atomic: true },
);
export interface SecretKeySelector extends TypeOf<typeof SecretKeySelector> {}

export const EnvVarSource = struct(
  'io.k8s.api.core.v1.EnvVarSource',
  {
    fieldRef: optional(1, ObjectFieldSelector, { doc: 'A field of the Pod.' }),
    resourceFieldRef: optional(2, ResourceFieldSelector, { doc: 'A request or limit of a container.' }),
    configMapKeyRef: optional(3, ConfigMapKeySelector, { doc: 'A key of a ConfigMap.' }),
    secretKeyRef: optional(4, SecretKeySelector, { doc: 'A key of a Secret.' }),
    fileKeyRef: optional(5, FileKeySelector, {
      gate: 'EnvFiles',
      doc: 'A key of a file that an init container wrote.',
    }),
  },
  { doc: 'Where the value of a variable comes from. Exactly one is set.' },
);
export interface EnvVarSource extends TypeOf<typeof EnvVarSource> {}

export const EnvVar = struct(
  'io.k8s.api.core.v1.EnvVar',
  {
    name: always(1, string, { required: true, doc: 'Name of the variable.' }),
    value: field(2, string, { doc: 'Value; $(NAME) stands for variables defined before, $$ for a dollar.' }),
    valueFrom: optional(3, EnvVarSource, { doc: 'Where the value comes from, when it is not given here.' }),
  },
  { doc: 'One environment variable of a container.' },
);
export interface EnvVar extends TypeOf<typeof EnvVar> {}

export const ConfigMapEnvSource = struct(
  'io.k8s.api.core.v1.ConfigMapEnvSource',
  {
    name: field([1, 1], string, { doc: 'Name of the ConfigMap.' }),
    optional: optional(2, boolean, { doc: 'True lets the ConfigMap be missing.' }),
  },
  { doc: 'A ConfigMap whose every key becomes a variable.' },
);
export interface ConfigMapEnvSource extends TypeOf<typeof ConfigMapEnvSource> {}

export const SecretEnvSource = struct(
  'io.k8s.api.core.v1.SecretEnvSource',
  {
    name: field([1, 1], string, { doc: 'Name of the Secret.' }),
    optional: optional(2, boolean, { doc: 'True lets the Secret be missing.' }),
  },
  { doc: 'A Secret whose every key becomes a variable.' },
);
export interface SecretEnvSource extends TypeOf<typeof SecretEnvSource> {}

export const EnvFromSource = struct(
  'io.k8s.api.core.v1.EnvFromSource',
  {
    prefix: field(1, string, { doc: 'Text put before every name. Empty by default.' }),
    configMapRef: optional(2, ConfigMapEnvSource, { doc: 'The ConfigMap to take all keys from.' }),
    secretRef: optional(3, SecretEnvSource, { doc: 'The Secret to take all keys from.' }),
  },
  { doc: 'Many variables at once. Later sources win.' },
);
export interface EnvFromSource extends TypeOf<typeof EnvFromSource> {}
