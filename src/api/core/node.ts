import { Taint } from '#api/core/scheduling.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import {
  always,
  boolean,
  field,
  int32,
  int64,
  list,
  map,
  optional,
  quantity,
  string,
  struct,
  time,
} from '#machinery/schema.ts';

export const ConfigMapNodeConfigSource = struct(
  'io.k8s.api.core.v1.ConfigMapNodeConfigSource',
  {
    namespace: always(1, string, { required: true, doc: 'Namespace of the ConfigMap.' }),
    name: always(2, string, { required: true, doc: 'Name of the ConfigMap.' }),
    uid: field(3, string, { doc: 'UID of the ConfigMap.' }),
    resourceVersion: field(4, string, { doc: 'State of the ConfigMap.' }),
    kubeletConfigKey: always(5, string, { required: true, doc: 'Key that holds the configuration.' }),
  },
  { doc: 'No longer used: configuration in a ConfigMap.' },
);
export interface ConfigMapNodeConfigSource extends TypeOf<typeof ConfigMapNodeConfigSource> {}

export const NodeConfigSource = struct(
  'io.k8s.api.core.v1.NodeConfigSource',
  {
    configMap: optional(2, ConfigMapNodeConfigSource, { doc: 'The ConfigMap that holds it.' }),
  },
  { doc: 'No longer used: where configuration comes from.' },
);
export interface NodeConfigSource extends TypeOf<typeof NodeConfigSource> {}

export const NodeSpec = struct(
  'io.k8s.api.core.v1.NodeSpec',
  {
    podCIDR: field(1, string, { doc: 'Range of IPs for its Pods.' }),
    externalID: field(2, string, { doc: 'Deprecated: ID outside the cluster.' }),
    configSource: optional(6, NodeConfigSource, { doc: 'No longer used: where configuration comes from.' }),
    podCIDRs: field(7, list(string, { type: 'set', patch: ['merge'] }), {
      doc: 'Ranges of IPs for its Pods, one for each family. The first is podCIDR.',
    }),
    providerID: field(3, string, { doc: 'ID given by the cloud, as provider://id.' }),
    unschedulable: field(4, boolean, { doc: 'True keeps new Pods off it.' }),
    taints: field(5, list(Taint), { doc: 'Taints of the node.' }),
  },
  {
    doc: 'What the node is to be.',
    // One range and the list of them say the same; where they differ, the one counts.
    defaults: spec => {
      const [first] = spec.podCIDRs ?? [];
      if (spec.podCIDR && spec.podCIDR !== first) spec.podCIDRs = [spec.podCIDR];
      else if (first) spec.podCIDR = first;
    },
  },
);
export interface NodeSpec extends TypeOf<typeof NodeSpec> {}

export const NodeAddress = struct(
  'io.k8s.api.core.v1.NodeAddress',
  {
    type: always(1, string, {
      required: true,
      enum: ['Hostname', 'InternalIP', 'ExternalIP', 'InternalDNS', 'ExternalDNS'],
      doc: 'Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.',
    }),
    address: always(2, string, { required: true, doc: 'The address.' }),
  },
  { doc: 'An address of a node.' },
);
export interface NodeAddress extends TypeOf<typeof NodeAddress> {}

export const NodeCondition = struct(
  'io.k8s.api.core.v1.NodeCondition',
  {
    type: always(1, string, {
      required: true,
      enum: ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'],
      doc: 'What the condition is about.',
    }),
    status: always(2, string, {
      required: true,
      enum: ['True', 'False', 'Unknown'],
      doc: 'Whether it holds: True, False or Unknown.',
    }),
    lastHeartbeatTime: always(3, time, { doc: 'When the condition was last reported.' }),
    lastTransitionTime: always(4, time, { doc: 'When the status last changed.' }),
    reason: field(5, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(6, string, { doc: 'A sentence that says why, for people.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface NodeCondition extends TypeOf<typeof NodeCondition> {}

export const NodeConfigStatus = struct(
  'io.k8s.api.core.v1.NodeConfigStatus',
  {
    assigned: optional(1, NodeConfigSource, { doc: 'What the node is to use.' }),
    active: optional(2, NodeConfigSource, { doc: 'What the node uses.' }),
    lastKnownGood: optional(3, NodeConfigSource, { doc: 'What the node goes back to on errors.' }),
    error: field(4, string, { doc: 'What is wrong with it.' }),
  },
  { doc: 'No longer used: state of configuration.' },
);
export interface NodeConfigStatus extends TypeOf<typeof NodeConfigStatus> {}

export const DaemonEndpoint = struct(
  'io.k8s.api.core.v1.DaemonEndpoint',
  {
    Port: always(1, int32, { required: true, doc: 'Number of the port.' }),
  },
  { doc: 'Where a program of the node listens.' },
);
export interface DaemonEndpoint extends TypeOf<typeof DaemonEndpoint> {}

export const NodeDaemonEndpoints = struct(
  'io.k8s.api.core.v1.NodeDaemonEndpoints',
  {
    kubeletEndpoint: always(1, DaemonEndpoint, { doc: 'Where the kubelet listens.' }),
  },
  { doc: 'Where the programs of a node listen.' },
);
export interface NodeDaemonEndpoints extends TypeOf<typeof NodeDaemonEndpoints> {}

export const NodeFeatures = struct(
  'io.k8s.api.core.v1.NodeFeatures',
  {
    supplementalGroupsPolicy: optional(1, boolean, { doc: 'Whether supplementalGroupsPolicy is supported.' }),
  },
  { doc: "What the node's runtime can do." },
);
export interface NodeFeatures extends TypeOf<typeof NodeFeatures> {}

export const ContainerImage = struct(
  'io.k8s.api.core.v1.ContainerImage',
  {
    names: always(1, list(string), { doc: 'Names of the image, with tags and digests.' }),
    sizeBytes: field(2, int64, { doc: 'Size in bytes.' }),
  },
  { doc: 'An image that a node has.' },
);
export interface ContainerImage extends TypeOf<typeof ContainerImage> {}

export const NodeSwapStatus = struct(
  'io.k8s.api.core.v1.NodeSwapStatus',
  {
    capacity: optional(1, int64, { doc: 'Total swap in bytes.' }),
  },
  { doc: 'Swap of a node.' },
);
export interface NodeSwapStatus extends TypeOf<typeof NodeSwapStatus> {}

export const NodeSystemInfo = struct(
  'io.k8s.api.core.v1.NodeSystemInfo',
  {
    machineID: always(1, string, { required: true, doc: 'ID of the machine, as in /etc/machine-id.' }),
    systemUUID: always(2, string, { required: true, doc: 'UUID that the hardware reports.' }),
    bootID: always(3, string, { required: true, doc: 'ID of the current boot.' }),
    kernelVersion: always(4, string, { required: true, doc: 'Version of the kernel.' }),
    osImage: always(5, string, { required: true, doc: 'Name of the operating system, as in /etc/os-release.' }),
    containerRuntimeVersion: always(6, string, { required: true, doc: 'Container runtime, as name://version.' }),
    kubeletVersion: always(7, string, { required: true, doc: 'Version of the kubelet.' }),
    kubeProxyVersion: always(8, string, { required: true, doc: 'Deprecated: version of the proxy.' }),
    operatingSystem: always(9, string, { required: true, doc: 'Operating system, such as linux.' }),
    architecture: always(10, string, { required: true, doc: 'Architecture, such as amd64.' }),
    swap: optional(11, NodeSwapStatus, { doc: 'Swap of the node.' }),
  },
  { doc: 'What a node is and runs.' },
);
export interface NodeSystemInfo extends TypeOf<typeof NodeSystemInfo> {}

export const NodeRuntimeHandlerFeatures = struct(
  'io.k8s.api.core.v1.NodeRuntimeHandlerFeatures',
  {
    recursiveReadOnlyMounts: optional(1, boolean, { doc: 'Whether it supports recursive read-only mounts.' }),
    userNamespaces: optional(2, boolean, { doc: 'Whether it supports user namespaces.' }),
  },
  { doc: 'What a runtime handler can do.' },
);
export interface NodeRuntimeHandlerFeatures extends TypeOf<typeof NodeRuntimeHandlerFeatures> {}

export const NodeRuntimeHandler = struct(
  'io.k8s.api.core.v1.NodeRuntimeHandler',
  {
    name: always(1, string, { doc: 'Name of the handler. Empty for the default.' }),
    features: optional(2, NodeRuntimeHandlerFeatures, { doc: 'What it can do.' }),
  },
  { doc: 'A runtime handler of the node.' },
);
export interface NodeRuntimeHandler extends TypeOf<typeof NodeRuntimeHandler> {}

export const AttachedVolume = struct(
  'io.k8s.api.core.v1.AttachedVolume',
  {
    name: always(1, string, { required: true, doc: 'Name of the volume.' }),
    devicePath: always(2, string, { required: true, doc: 'Path of its device.' }),
  },
  { doc: 'A volume that is attached to a node.' },
);
export interface AttachedVolume extends TypeOf<typeof AttachedVolume> {}

export const NodeStatus = struct(
  'io.k8s.api.core.v1.NodeStatus',
  {
    capacity: field(1, map(quantity), { doc: 'Resources that it has in all.' }),
    allocatable: field(2, map(quantity), { doc: 'Resources that Pods can have. The capacity if absent.' }),
    phase: field(3, string, { enum: ['Pending', 'Running', 'Terminated'], doc: 'No longer used.' }),
    conditions: field(4, list(NodeCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }), {
      doc: 'What is true of it now, such as Ready.',
    }),
    addresses: field(5, list(NodeAddress, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }), {
      doc: 'Its addresses.',
    }),
    daemonEndpoints: always(6, NodeDaemonEndpoints, { doc: 'Where its programs listen.' }),
    nodeInfo: always(7, NodeSystemInfo, { doc: 'What it is and runs.' }),
    images: field(8, list(ContainerImage), { doc: 'Images that it has.' }),
    volumesInUse: field(9, list(string), { doc: 'Volumes that Pods on it use; they must not be detached.' }),
    volumesAttached: field(10, list(AttachedVolume), { doc: 'Volumes that are attached to it.' }),
    config: optional(11, NodeConfigStatus, { doc: 'No longer used: state of configuration.' }),
    runtimeHandlers: field(12, list(NodeRuntimeHandler), { doc: 'Runtime handlers that it has.' }),
    features: optional(13, NodeFeatures, { gate: 'SupplementalGroupsPolicy', doc: 'What its runtime can do.' }),
    declaredFeatures: field(14, list(string), {
      gate: 'NodeDeclaredFeatures',
      doc: 'Names of features that the scheduler may count on.',
    }),
  },
  {
    doc: 'What is observed of the node.',
    // A node that keeps nothing for itself offers all it has.
    defaults: status => {
      if (status.capacity && Object.keys(status.allocatable ?? {}).length === 0) {
        status.allocatable = { ...status.capacity };
      }
    },
  },
);
export interface NodeStatus extends TypeOf<typeof NodeStatus> {}

export const Node = struct(
  'io.k8s.api.core.v1.Node',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, NodeSpec),
    status: always(3, NodeStatus),
  },
  { doc: 'A machine of the cluster that runs Pods.', gvk: { group: '', version: 'v1', kind: 'Node' } },
);
export interface Node extends TypeOf<typeof Node> {}

export const nodes = defineResource({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  namespaced: false,
  verbs: allVerbs,
  shortNames: ['no'],
  subresources: {
    proxy: {
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
      gvk: { group: '', version: 'v1', kind: 'NodeProxyOptions' },
    },
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: Node,
});
