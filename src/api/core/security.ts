import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int64, list, optional, string, struct } from '#machinery/schema.ts';

export const AppArmorProfile = struct(
  'io.k8s.api.core.v1.AppArmorProfile',
  {
    type: always(1, string, {
      required: true,
      enum: ['Unconfined', 'RuntimeDefault', 'Localhost'],
      doc: 'RuntimeDefault, Unconfined, or Localhost for a profile of the node.',
    }),
    localhostProfile: optional(2, string, { doc: 'Name of the profile loaded on the node. Only for Localhost.' }),
  },
  { doc: 'A profile of AppArmor.' },
);
export interface AppArmorProfile extends TypeOf<typeof AppArmorProfile> {}

export const Capabilities = struct(
  'io.k8s.api.core.v1.Capabilities',
  {
    add: field(1, list(string), { doc: 'Capabilities to give, without CAP_. ALL gives all.' }),
    drop: field(2, list(string), { doc: 'Capabilities to take away, without CAP_. ALL takes all.' }),
  },
  { doc: "Changes to the runtime's default capabilities." },
);
export interface Capabilities extends TypeOf<typeof Capabilities> {}

export const SELinuxOptions = struct(
  'io.k8s.api.core.v1.SELinuxOptions',
  {
    user: field(1, string, { doc: 'User of the label.' }),
    role: field(2, string, { doc: 'Role of the label.' }),
    type: field(3, string, { doc: 'Type of the label.' }),
    level: field(4, string, { doc: 'Level of the label.' }),
  },
  { doc: 'Parts of an SELinux label.' },
);
export interface SELinuxOptions extends TypeOf<typeof SELinuxOptions> {}

export const SeccompProfile = struct(
  'io.k8s.api.core.v1.SeccompProfile',
  {
    type: always(1, string, {
      required: true,
      enum: ['Unconfined', 'RuntimeDefault', 'Localhost'],
      doc: 'RuntimeDefault, Unconfined, or Localhost for a file of the node.',
    }),
    localhostProfile: optional(2, string, { doc: "File under the node's seccomp directory. Only for Localhost." }),
  },
  { doc: 'A seccomp profile.' },
);
export interface SeccompProfile extends TypeOf<typeof SeccompProfile> {}

export const WindowsSecurityContextOptions = struct(
  'io.k8s.api.core.v1.WindowsSecurityContextOptions',
  {
    gmsaCredentialSpecName: optional(1, string, { doc: 'Name of the GMSA credential spec.' }),
    gmsaCredentialSpec: optional(2, string, { doc: 'Contents of the GMSA credential spec.' }),
    runAsUserName: optional(3, string, { doc: "User of the first process. The image's if absent." }),
    hostProcess: optional(4, boolean, { doc: 'True runs directly on the node; all containers must agree.' }),
  },
  { doc: 'Security on Windows.' },
);
export interface WindowsSecurityContextOptions extends TypeOf<typeof WindowsSecurityContextOptions> {}

export const SecurityContext = struct(
  'io.k8s.api.core.v1.SecurityContext',
  {
    capabilities: optional(1, Capabilities, { doc: 'Capabilities to add or drop.' }),
    privileged: optional(2, boolean, { doc: 'True is as good as root on the node. False if absent.' }),
    seLinuxOptions: optional(3, SELinuxOptions, { doc: "SELinux label. The Pod's if absent." }),
    runAsUser: optional(4, int64, { doc: "User ID of the first process. The Pod's, then the image's, if absent." }),
    runAsGroup: optional(8, int64, { doc: "Group ID of the first process. The Pod's if absent." }),
    runAsNonRoot: optional(5, boolean, { doc: 'True refuses to start as user 0.' }),
    readOnlyRootFilesystem: optional(6, boolean, {
      doc: 'True makes the root file system read-only. False if absent.',
    }),
    allowPrivilegeEscalation: optional(7, boolean, {
      doc: 'Whether a process may gain more rights than its parent. Always true when privileged.',
    }),
    procMount: optional(9, string, {
      enum: ['Default', 'Unmasked'],
      doc: 'Default hides parts of /proc, Unmasked shows all. Default if absent.',
    }),
    windowsOptions: optional(10, WindowsSecurityContextOptions, { doc: 'Settings for Windows.' }),
    seccompProfile: optional(11, SeccompProfile, { doc: "Which system calls are allowed. The Pod's if absent." }),
    appArmorProfile: optional(12, AppArmorProfile, { doc: "AppArmor profile. The Pod's if absent." }),
  },
  { doc: "Security of a container. It goes before the Pod's." },
);
export interface SecurityContext extends TypeOf<typeof SecurityContext> {}

export const Sysctl = struct(
  'io.k8s.api.core.v1.Sysctl',
  {
    name: always(1, string, { required: true, doc: 'Name of the setting.' }),
    value: always(2, string, { required: true, doc: 'Value of the setting.' }),
  },
  { doc: 'A kernel setting.' },
);
export interface Sysctl extends TypeOf<typeof Sysctl> {}

export const PodSecurityContext = struct(
  'io.k8s.api.core.v1.PodSecurityContext',
  {
    seLinuxOptions: optional(1, SELinuxOptions, { doc: 'SELinux label. The runtime chooses if absent.' }),
    runAsUser: optional(2, int64, { doc: "User ID of the first process. The image's if absent." }),
    runAsGroup: optional(6, int64, { doc: "Group ID of the first process. The runtime's default if absent." }),
    runAsNonRoot: optional(3, boolean, { doc: 'True refuses to start a container as user 0.' }),
    supplementalGroups: field(4, list(int64), { doc: 'Further group IDs of the first process.' }),
    windowsOptions: optional(8, WindowsSecurityContextOptions, { doc: 'Settings for Windows.' }),
    supplementalGroupsPolicy: optional(12, string, {
      enum: ['Merge', 'Strict'],
      gate: 'SupplementalGroupsPolicy',
      doc: 'Merge keeps the groups of the image, Strict does not. Merge if absent.',
    }),
    fsGroup: optional(5, int64, { doc: 'Group that owns volumes and is added to the process. Unchanged if absent.' }),
    sysctls: field(7, list(Sysctl), { doc: 'Kernel settings of its namespaces.' }),
    fsGroupChangePolicy: optional(9, string, {
      enum: ['OnRootMismatch', 'Always'],
      doc: 'Always, or OnRootMismatch to change ownership only where needed. Always if absent.',
    }),
    seccompProfile: optional(10, SeccompProfile, { doc: 'Which system calls are allowed.' }),
    appArmorProfile: optional(11, AppArmorProfile, { doc: 'AppArmor profile of the containers.' }),
    seLinuxChangePolicy: optional(13, string, {
      enum: ['Recursive', 'MountOption'],
      gate: 'SELinuxChangePolicy',
      doc: 'Recursive relabels each file, MountOption labels the mount. MountOption if absent.',
    }),
  },
  { doc: 'Security of a Pod. Containers may say otherwise.' },
);
export interface PodSecurityContext extends TypeOf<typeof PodSecurityContext> {}
