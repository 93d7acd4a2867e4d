import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int64, list, optional, string, struct } from '#machinery/schema.ts';

export const AppArmorProfile = struct('io.k8s.api.core.v1.AppArmorProfile', {
  type: always(1, string, { required: true, enum: ['Unconfined', 'RuntimeDefault', 'Localhost'] }),
  localhostProfile: optional(2, string),
});
export interface AppArmorProfile extends TypeOf<typeof AppArmorProfile> {}

export const Capabilities = struct('io.k8s.api.core.v1.Capabilities', {
  add: field(1, list(string)),
  drop: field(2, list(string)),
});
export interface Capabilities extends TypeOf<typeof Capabilities> {}

export const SELinuxOptions = struct('io.k8s.api.core.v1.SELinuxOptions', {
  user: field(1, string),
  role: field(2, string),
  type: field(3, string),
  level: field(4, string),
});
export interface SELinuxOptions extends TypeOf<typeof SELinuxOptions> {}

export const SeccompProfile = struct('io.k8s.api.core.v1.SeccompProfile', {
  type: always(1, string, { required: true, enum: ['Unconfined', 'RuntimeDefault', 'Localhost'] }),
  localhostProfile: optional(2, string),
});
export interface SeccompProfile extends TypeOf<typeof SeccompProfile> {}

export const WindowsSecurityContextOptions = struct('io.k8s.api.core.v1.WindowsSecurityContextOptions', {
  gmsaCredentialSpecName: optional(1, string),
  gmsaCredentialSpec: optional(2, string),
  runAsUserName: optional(3, string),
  hostProcess: optional(4, boolean),
});
export interface WindowsSecurityContextOptions extends TypeOf<typeof WindowsSecurityContextOptions> {}

export const SecurityContext = struct('io.k8s.api.core.v1.SecurityContext', {
  capabilities: optional(1, Capabilities),
  privileged: optional(2, boolean),
  seLinuxOptions: optional(3, SELinuxOptions),
  runAsUser: optional(4, int64),
  runAsGroup: optional(8, int64),
  runAsNonRoot: optional(5, boolean),
  readOnlyRootFilesystem: optional(6, boolean),
  allowPrivilegeEscalation: optional(7, boolean),
  procMount: optional(9, string, { enum: ['Default', 'Unmasked'] }),
  windowsOptions: optional(10, WindowsSecurityContextOptions),
  seccompProfile: optional(11, SeccompProfile),
  appArmorProfile: optional(12, AppArmorProfile),
});
export interface SecurityContext extends TypeOf<typeof SecurityContext> {}

export const Sysctl = struct('io.k8s.api.core.v1.Sysctl', {
  name: always(1, string, { required: true }),
  value: always(2, string, { required: true }),
});
export interface Sysctl extends TypeOf<typeof Sysctl> {}

export const PodSecurityContext = struct('io.k8s.api.core.v1.PodSecurityContext', {
  seLinuxOptions: optional(1, SELinuxOptions),
  runAsUser: optional(2, int64),
  runAsGroup: optional(6, int64),
  runAsNonRoot: optional(3, boolean),
  supplementalGroups: field(4, list(int64)),
  windowsOptions: optional(8, WindowsSecurityContextOptions),
  supplementalGroupsPolicy: optional(12, string, { enum: ['Merge', 'Strict'], gate: 'SupplementalGroupsPolicy' }),
  fsGroup: optional(5, int64),
  sysctls: field(7, list(Sysctl)),
  fsGroupChangePolicy: optional(9, string, { enum: ['OnRootMismatch', 'Always'] }),
  seccompProfile: optional(10, SeccompProfile),
  appArmorProfile: optional(11, AppArmorProfile),
  seLinuxChangePolicy: optional(13, string, { enum: ['Recursive', 'MountOption'], gate: 'SELinuxChangePolicy' }),
});
export interface PodSecurityContext extends TypeOf<typeof PodSecurityContext> {}
