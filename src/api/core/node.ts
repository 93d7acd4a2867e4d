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

export const ConfigMapNodeConfigSource = struct('io.k8s.api.core.v1.ConfigMapNodeConfigSource', {
  namespace: always(1, string, { required: true }),
  name: always(2, string, { required: true }),
  uid: field(3, string),
  resourceVersion: field(4, string),
  kubeletConfigKey: always(5, string, { required: true }),
});
export interface ConfigMapNodeConfigSource extends TypeOf<typeof ConfigMapNodeConfigSource> {}

export const NodeConfigSource = struct('io.k8s.api.core.v1.NodeConfigSource', {
  configMap: optional(2, ConfigMapNodeConfigSource),
});
export interface NodeConfigSource extends TypeOf<typeof NodeConfigSource> {}

export const NodeSpec = struct(
  'io.k8s.api.core.v1.NodeSpec',
  {
    podCIDR: field(1, string),
    externalID: field(2, string),
    configSource: optional(6, NodeConfigSource),
    podCIDRs: field(7, list(string, { type: 'set', patch: ['merge'] })),
    providerID: field(3, string),
    unschedulable: field(4, boolean),
    taints: field(5, list(Taint)),
  },
  {
    // One range and the list of them say the same; where they differ, the one counts.
    defaults: spec => {
      const [first] = spec.podCIDRs ?? [];
      if (spec.podCIDR && spec.podCIDR !== first) spec.podCIDRs = [spec.podCIDR];
      else if (first) spec.podCIDR = first;
    },
  },
);
export interface NodeSpec extends TypeOf<typeof NodeSpec> {}

export const NodeAddress = struct('io.k8s.api.core.v1.NodeAddress', {
  type: always(1, string, {
    required: true,
    enum: ['Hostname', 'InternalIP', 'ExternalIP', 'InternalDNS', 'ExternalDNS'],
  }),
  address: always(2, string, { required: true }),
});
export interface NodeAddress extends TypeOf<typeof NodeAddress> {}

export const NodeCondition = struct('io.k8s.api.core.v1.NodeCondition', {
  type: always(1, string, {
    required: true,
    enum: ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'],
  }),
  status: always(2, string, { required: true, enum: ['True', 'False', 'Unknown'] }),
  lastHeartbeatTime: always(3, time),
  lastTransitionTime: always(4, time),
  reason: field(5, string),
  message: field(6, string),
});
export interface NodeCondition extends TypeOf<typeof NodeCondition> {}

export const NodeConfigStatus = struct('io.k8s.api.core.v1.NodeConfigStatus', {
  assigned: optional(1, NodeConfigSource),
  active: optional(2, NodeConfigSource),
  lastKnownGood: optional(3, NodeConfigSource),
  error: field(4, string),
});
export interface NodeConfigStatus extends TypeOf<typeof NodeConfigStatus> {}

export const DaemonEndpoint = struct('io.k8s.api.core.v1.DaemonEndpoint', {
  Port: always(1, int32, { required: true }),
});
export interface DaemonEndpoint extends TypeOf<typeof DaemonEndpoint> {}

export const NodeDaemonEndpoints = struct('io.k8s.api.core.v1.NodeDaemonEndpoints', {
  kubeletEndpoint: always(1, DaemonEndpoint),
});
export interface NodeDaemonEndpoints extends TypeOf<typeof NodeDaemonEndpoints> {}

export const NodeFeatures = struct('io.k8s.api.core.v1.NodeFeatures', {
  supplementalGroupsPolicy: optional(1, boolean),
});
export interface NodeFeatures extends TypeOf<typeof NodeFeatures> {}

export const ContainerImage = struct('io.k8s.api.core.v1.ContainerImage', {
  names: always(1, list(string)),
  sizeBytes: field(2, int64),
});
export interface ContainerImage extends TypeOf<typeof ContainerImage> {}

export const NodeSwapStatus = struct('io.k8s.api.core.v1.NodeSwapStatus', {
  capacity: optional(1, int64),
});
export interface NodeSwapStatus extends TypeOf<typeof NodeSwapStatus> {}

export const NodeSystemInfo = struct('io.k8s.api.core.v1.NodeSystemInfo', {
  machineID: always(1, string, { required: true }),
  systemUUID: always(2, string, { required: true }),
  bootID: always(3, string, { required: true }),
  kernelVersion: always(4, string, { required: true }),
  osImage: always(5, string, { required: true }),
  containerRuntimeVersion: always(6, string, { required: true }),
  kubeletVersion: always(7, string, { required: true }),
  kubeProxyVersion: always(8, string, { required: true }),
  operatingSystem: always(9, string, { required: true }),
  architecture: always(10, string, { required: true }),
  swap: optional(11, NodeSwapStatus),
});
export interface NodeSystemInfo extends TypeOf<typeof NodeSystemInfo> {}

export const NodeRuntimeHandlerFeatures = struct('io.k8s.api.core.v1.NodeRuntimeHandlerFeatures', {
  recursiveReadOnlyMounts: optional(1, boolean),
  userNamespaces: optional(2, boolean),
});
export interface NodeRuntimeHandlerFeatures extends TypeOf<typeof NodeRuntimeHandlerFeatures> {}

export const NodeRuntimeHandler = struct('io.k8s.api.core.v1.NodeRuntimeHandler', {
  name: always(1, string),
  features: optional(2, NodeRuntimeHandlerFeatures),
});
export interface NodeRuntimeHandler extends TypeOf<typeof NodeRuntimeHandler> {}

export const AttachedVolume = struct('io.k8s.api.core.v1.AttachedVolume', {
  name: always(1, string, { required: true }),
  devicePath: always(2, string, { required: true }),
});
export interface AttachedVolume extends TypeOf<typeof AttachedVolume> {}

export const NodeStatus = struct(
  'io.k8s.api.core.v1.NodeStatus',
  {
    capacity: field(1, map(quantity)),
    allocatable: field(2, map(quantity)),
    phase: field(3, string, { enum: ['Pending', 'Running', 'Terminated'] }),
    conditions: field(4, list(NodeCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' })),
    addresses: field(5, list(NodeAddress, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' })),
    daemonEndpoints: always(6, NodeDaemonEndpoints),
    nodeInfo: always(7, NodeSystemInfo),
    images: field(8, list(ContainerImage)),
    volumesInUse: field(9, list(string)),
    volumesAttached: field(10, list(AttachedVolume)),
    config: optional(11, NodeConfigStatus),
    runtimeHandlers: field(12, list(NodeRuntimeHandler)),
    features: optional(13, NodeFeatures, { gate: 'SupplementalGroupsPolicy' }),
    declaredFeatures: field(14, list(string), { gate: 'NodeDeclaredFeatures' }),
  },
  {
    // A node that keeps nothing for itself offers all it has.
    defaults: status => {
      if (!status.allocatable && status.capacity) status.allocatable = { ...status.capacity };
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
  { gvk: { group: '', version: 'v1', kind: 'Node' } },
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
