import { EnvFromSource, EnvVar } from '#api/core/env.ts';
import { pullPolicyOf } from '#api/core/image-name.ts';
import { Lifecycle, Probe } from '#api/core/probe.ts';
import { SecurityContext } from '#api/core/security.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, list, map, optional, quantity, string, struct } from '#machinery/schema.ts';

export const ContainerPort = struct(
  'io.k8s.api.core.v1.ContainerPort',
  {
    name: field(1, string, { doc: 'Name that Services and probes can use; unique in the Pod.' }),
    hostPort: field(2, int32, { doc: 'Port of the node that leads here. Absent means none.' }),
    containerPort: always(3, int32, { required: true, doc: "Port of the Pod's IP, from 1 to 65535." }),
    protocol: field(4, string, {
      default: 'TCP',
      enum: ['TCP', 'UDP', 'SCTP'],
      doc: 'TCP, UDP or SCTP. TCP if absent.',
    }),
    hostIP: field(5, string, { doc: 'Address of the node that hostPort is bound to. All if absent.' }),
  },
  { doc: 'A port that the container listens on. Mostly for information.' },
);
export interface ContainerPort extends TypeOf<typeof ContainerPort> {}

export const ContainerResizePolicy = struct(
  'io.k8s.api.core.v1.ContainerResizePolicy',
  {
    resourceName: always(1, string, {
      required: true,
      enum: [
        'cpu',
        'memory',
        'storage',
        'ephemeral-storage',
        'pods',
        'services',
        'replicationcontrollers',
        'resourcequotas',
        'secrets',
        'configmaps',
        'persistentvolumeclaims',
        'services.nodeports',
        'services.loadbalancers',
        'requests.cpu',
        'requests.memory',
        'requests.storage',
        'requests.ephemeral-storage',
        'limits.cpu',
        'limits.memory',
        'limits.ephemeral-storage',
      ],
      doc: 'Resource the rule is for: cpu or memory.',
    }),
    restartPolicy: always(2, string, {
      required: true,
      enum: ['NotRequired', 'RestartContainer'],
      doc: 'NotRequired changes it in place, RestartContainer restarts the container.',
    }),
  },
  { doc: 'Whether a changed resource restarts the container.' },
);
export interface ContainerResizePolicy extends TypeOf<typeof ContainerResizePolicy> {}

export const ResourceClaim = struct(
  'io.k8s.api.core.v1.ResourceClaim',
  {
    name: always(1, string, { required: true, doc: 'Name of an entry of spec.resourceClaims.' }),
    request: field(2, string, { doc: 'The one request of the claim to use. All if absent.' }),
  },
  { doc: 'A claim of the Pod that the container may use.' },
);
export interface ResourceClaim extends TypeOf<typeof ResourceClaim> {}

export const ResourceRequirements = struct(
  'io.k8s.api.core.v1.ResourceRequirements',
  {
    limits: field(1, map(quantity), { doc: 'The most it may use of each resource.' }),
    requests: field(2, map(quantity), { doc: 'What the scheduler reserves of each resource. The limits if absent.' }),
    claims: field(3, list(ResourceClaim, { type: 'map', keys: ['name'] }), {
      gate: 'DynamicResourceAllocation',
      doc: 'Claims for devices that it uses.',
    }),
  },
  { doc: 'What a container is given at least and at most.' },
);
export interface ResourceRequirements extends TypeOf<typeof ResourceRequirements> {}

export const ContainerRestartRuleOnExitCodes = struct(
  'io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes',
  {
    operator: always(1, string, {
      required: true,
      enum: ['In', 'NotIn'],
      doc: 'In: one of the values. NotIn: none of them.',
    }),
    values: field(2, list(int32, { type: 'set' }), { doc: 'Up to 255 exit codes.' }),
  },
  { doc: 'Exit codes that a rule is for.' },
);
export interface ContainerRestartRuleOnExitCodes extends TypeOf<typeof ContainerRestartRuleOnExitCodes> {}

export const ContainerRestartRule = struct(
  'io.k8s.api.core.v1.ContainerRestartRule',
  {
    action: always(1, string, {
      required: true,
      enum: ['Restart', 'RestartAllContainers'],
      doc: 'Restart this container, or RestartAllContainers of the Pod.',
    }),
    exitCodes: optional(2, ContainerRestartRuleOnExitCodes, { doc: 'The exit codes that the rule is for.' }),
  },
  { doc: 'What to do when the container ends in a certain way.' },
);
export interface ContainerRestartRule extends TypeOf<typeof ContainerRestartRule> {}

export const VolumeDevice = struct(
  'io.k8s.api.core.v1.VolumeDevice',
  {
    name: always(1, string, { required: true, doc: "Name of a claim's volume of the Pod." }),
    devicePath: always(2, string, { required: true, doc: 'Path of the device in the container.' }),
  },
  { doc: 'A raw block device in a container.' },
);
export interface VolumeDevice extends TypeOf<typeof VolumeDevice> {}

export const VolumeMount = struct(
  'io.k8s.api.core.v1.VolumeMount',
  {
    name: always(1, string, { required: true, doc: 'Name of a volume of the Pod.' }),
    readOnly: field(2, boolean, { doc: 'True makes it read-only. False if absent.' }),
    recursiveReadOnly: optional(7, string, {
      enum: ['Disabled', 'IfPossible', 'Enabled'],
      doc: 'Whether mounts below it are read-only as well. Disabled if absent.',
    }),
    mountPath: always(3, string, { required: true, doc: 'Path in the container; it cannot have a colon.' }),
    subPath: field(4, string, { doc: 'Path within the volume to mount. The root of the volume if absent.' }),
    mountPropagation: optional(5, string, {
      enum: ['None', 'HostToContainer', 'Bidirectional'],
      doc: 'How mounts made later are seen: None, HostToContainer or Bidirectional. None if absent.',
    }),
    subPathExpr: field(6, string, { doc: "Like subPath, with $(NAME) replaced by the container's variables." }),
  },
  { doc: 'Where a volume appears in a container.' },
);
export interface VolumeMount extends TypeOf<typeof VolumeMount> {}

/** An image that may change under its name is pulled every time. */
function defaultPullPolicy(container: { image?: string | undefined; imagePullPolicy?: string | undefined }): void {
  container.imagePullPolicy ||= pullPolicyOf(container.image ?? '');
}

export const Container = struct(
  'io.k8s.api.core.v1.Container',
  {
    name: always(1, string, { required: true, doc: 'Name, unique in the Pod. It cannot change.' }),
    image: field(2, string, { doc: 'Image to run, such as registry/name:tag.' }),
    command: field(3, list(string), {
      doc: "Program and arguments in place of the image's entrypoint. No shell; $(NAME) is replaced.",
    }),
    args: field(4, list(string), { doc: "Arguments in place of the image's. No shell; $(NAME) is replaced." }),
    workingDir: field(5, string, { doc: "Directory it starts in. The image's if absent." }),
    ports: field(
      6,
      list(ContainerPort, {
        type: 'map',
        keys: ['containerPort', 'protocol'],
        patch: ['merge'],
        mergeKey: 'containerPort',
      }),
      { doc: 'Ports that it listens on. Others are reachable too.' },
    ),
    envFrom: field(19, list(EnvFromSource), {
      doc: 'ConfigMaps and Secrets whose keys become variables. env wins over them.',
    }),
    env: field(7, list(EnvVar, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }), {
      doc: 'Environment variables.',
    }),
    resources: always(8, ResourceRequirements, { doc: 'Resources it is given. None are guaranteed if absent.' }),
    resizePolicy: field(23, list(ContainerResizePolicy), {
      gate: 'InPlacePodVerticalScaling',
      doc: 'Which changed resources restart it.',
    }),
    restartPolicy: optional(24, string, {
      enum: ['Always', 'Never', 'OnFailure'],
      doc: "When it is started again. The Pod's policy if absent; Always makes an init container a sidecar.",
    }),
    restartPolicyRules: field(25, list(ContainerRestartRule), {
      gate: 'ContainerRestartRules',
      doc: 'Rules by exit code that go before restartPolicy.',
    }),
    volumeMounts: field(
      9,
      list(VolumeMount, { type: 'map', keys: ['mountPath'], patch: ['merge'], mergeKey: 'mountPath' }),
      { doc: 'Volumes that appear in its file system.' },
    ),
    volumeDevices: field(
      21,
      list(VolumeDevice, { type: 'map', keys: ['devicePath'], patch: ['merge'], mergeKey: 'devicePath' }),
      { doc: 'Block devices that it can open.' },
    ),
    livenessProbe: optional(10, Probe, { doc: 'A failure restarts it. No check if absent.' }),
    readinessProbe: optional(11, Probe, { doc: 'A failure takes it out of Services. Ready while it runs if absent.' }),
    startupProbe: optional(22, Probe, { doc: 'The other probes wait until it has succeeded.' }),
    lifecycle: optional(12, Lifecycle, { doc: 'What runs after its start and before its end.' }),
    terminationMessagePath: field(13, string, {
      default: '/dev/termination-log',
      doc: 'File whose text becomes the message of its end, up to 4096 bytes. /dev/termination-log if absent.',
    }),
    terminationMessagePolicy: field(20, string, {
      default: 'File',
      enum: ['File', 'FallbackToLogsOnError'],
      doc: 'Whether the message may come from the log instead, after a failure. File if absent.',
    }),
    imagePullPolicy: field(14, string, {
      enum: ['Always', 'Never', 'IfNotPresent'],
      doc: 'When the image is pulled. Always for the tag latest, else IfNotPresent.',
    }),
    securityContext: optional(15, SecurityContext, {
      doc: "User, privileges and isolation. It goes before the Pod's.",
    }),
    stdin: field(16, boolean, { doc: 'True keeps its input open for attach. False means end of file at once.' }),
    stdinOnce: field(17, boolean, { doc: 'True closes the input when the first client that attached leaves.' }),
    tty: field(18, boolean, { doc: 'True gives it a terminal. Needs stdin.' }),
  },
  { doc: 'A program of a Pod, run from an image.', defaults: defaultPullPolicy },
);
export interface Container extends TypeOf<typeof Container> {}

export const EphemeralContainer = struct(
  'io.k8s.api.core.v1.EphemeralContainer',
  {
    name: always([1, 1], string, { required: true, doc: 'Name, unique among all containers of the Pod.' }),
    image: field([1, 2], string, { doc: 'Image to run.' }),
    command: field([1, 3], list(string), { doc: "Program and arguments in place of the image's entrypoint." }),
    args: field([1, 4], list(string), { doc: "Arguments in place of the image's." }),
    workingDir: field([1, 5], string, { doc: "Directory it starts in. The image's if absent." }),
    ports: field(
      [1, 6],
      list(ContainerPort, {
        type: 'map',
        keys: ['containerPort', 'protocol'],
        patch: ['merge'],
        mergeKey: 'containerPort',
      }),
      { doc: 'Not allowed here.' },
    ),
    envFrom: field([1, 19], list(EnvFromSource), {
      doc: 'ConfigMaps and Secrets whose keys become variables. env wins over them.',
    }),
    env: field([1, 7], list(EnvVar, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }), {
      doc: 'Environment variables.',
    }),
    resources: always([1, 8], ResourceRequirements, { doc: 'Not allowed here; it uses what the Pod has left.' }),
    resizePolicy: field([1, 23], list(ContainerResizePolicy), { doc: 'Not allowed here.' }),
    restartPolicy: optional([1, 24], string, { doc: 'Not allowed here.' }),
    restartPolicyRules: field([1, 25], list(ContainerRestartRule), { doc: 'Not allowed here.' }),
    volumeMounts: field(
      [1, 9],
      list(VolumeMount, { type: 'map', keys: ['mountPath'], patch: ['merge'], mergeKey: 'mountPath' }),
      { doc: 'Volumes of the Pod that appear in its file system, without subPath.' },
    ),
    volumeDevices: field(
      [1, 21],
      list(VolumeDevice, { type: 'map', keys: ['devicePath'], patch: ['merge'], mergeKey: 'devicePath' }),
      { doc: 'Block devices that it can open.' },
    ),
    livenessProbe: optional([1, 10], Probe, { doc: 'Not allowed here.' }),
    readinessProbe: optional([1, 11], Probe, { doc: 'Not allowed here.' }),
    startupProbe: optional([1, 22], Probe, { doc: 'Not allowed here.' }),
    lifecycle: optional([1, 12], Lifecycle, { doc: 'Not allowed here.' }),
    terminationMessagePath: field([1, 13], string, {
      default: '/dev/termination-log',
      doc: 'File whose text becomes the message of its end. /dev/termination-log if absent.',
    }),
    terminationMessagePolicy: field([1, 20], string, {
      default: 'File',
      doc: 'Whether the message may come from the log instead, after a failure. File if absent.',
    }),
    imagePullPolicy: field([1, 14], string, {
      doc: 'When the image is pulled. Always for the tag latest, else IfNotPresent.',
    }),
    securityContext: optional([1, 15], SecurityContext, {
      doc: "User, privileges and isolation. It goes before the Pod's.",
    }),
    stdin: field([1, 16], boolean, { doc: 'True keeps its input open for attach.' }),
    stdinOnce: field([1, 17], boolean, { doc: 'True closes the input when the first client that attached leaves.' }),
    tty: field([1, 18], boolean, { doc: 'True gives it a terminal. Needs stdin.' }),
    targetContainerName: field(2, string, {
      doc: 'Container whose processes it shares. Absent: those of the Pod as configured.',
    }),
  },
  {
    doc: 'A container added to a running Pod to look into it. Never restarted, never removed.',
    defaults: defaultPullPolicy,
  },
);
export interface EphemeralContainer extends TypeOf<typeof EphemeralContainer> {}
