import { ResourceRequirements } from '#api/core/container.ts';
import { ContainerStatus } from '#api/core/container-status.ts';
import { aggregateContainers, isHugePages, isPodLevelResource } from '#api/core/pod-resources.ts';
import { PodSpec } from '#api/core/pod-spec.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int64, list, map, optional, quantity, string, struct, time } from '#machinery/schema.ts';

export const PodCondition = struct('io.k8s.api.core.v1.PodCondition', {
  type: always(1, string, {
    required: true,
    enum: [
      'ContainersReady',
      'Initialized',
      'Ready',
      'PodScheduled',
      'DisruptionTarget',
      'PodReadyToStartContainers',
      'PodResizePending',
      'PodResizeInProgress',
      'AllContainersRestarting',
    ],
  }),
  observedGeneration: field(7, int64),
  status: always(2, string, { required: true, enum: ['True', 'False', 'Unknown'] }),
  lastProbeTime: always(3, time),
  lastTransitionTime: always(4, time),
  reason: field(5, string),
  message: field(6, string),
});
export interface PodCondition extends TypeOf<typeof PodCondition> {}

export const ContainerExtendedResourceRequest = struct('io.k8s.api.core.v1.ContainerExtendedResourceRequest', {
  containerName: always(1, string, { required: true }),
  resourceName: always(2, string, { required: true }),
  requestName: always(3, string, { required: true }),
});
export interface ContainerExtendedResourceRequest extends TypeOf<typeof ContainerExtendedResourceRequest> {}

export const PodExtendedResourceClaimStatus = struct('io.k8s.api.core.v1.PodExtendedResourceClaimStatus', {
  requestMappings: always(1, list(ContainerExtendedResourceRequest), { required: true }),
  resourceClaimName: always(2, string, { required: true }),
});
export interface PodExtendedResourceClaimStatus extends TypeOf<typeof PodExtendedResourceClaimStatus> {}

export const HostIP = struct('io.k8s.api.core.v1.HostIP', {
  ip: always(1, string, { required: true }),
});
export interface HostIP extends TypeOf<typeof HostIP> {}

export const NodeAllocatableResourceClaimStatus = struct('io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus', {
  resourceClaimName: always(1, string, { required: true }),
  containers: field(2, list(string, { type: 'set' })),
  resources: always(3, map(quantity), { required: true }),
});
export interface NodeAllocatableResourceClaimStatus extends TypeOf<typeof NodeAllocatableResourceClaimStatus> {}

export const PodIP = struct('io.k8s.api.core.v1.PodIP', {
  ip: always(1, string, { required: true }),
});
export interface PodIP extends TypeOf<typeof PodIP> {}

export const PodResourceClaimStatus = struct('io.k8s.api.core.v1.PodResourceClaimStatus', {
  name: always(1, string, { required: true }),
  resourceClaimName: optional(2, string),
});
export interface PodResourceClaimStatus extends TypeOf<typeof PodResourceClaimStatus> {}

/** The first address and the list of them say the same; where they differ, the one counts, as old kubelets know only it. */
function agreeOnAddresses(status: { podIP?: string | undefined; podIPs?: { ip: string }[] | undefined }): void {
  const [first] = status.podIPs ?? [];
  if (status.podIP && status.podIP !== first?.ip) status.podIPs = [{ ip: status.podIP }];
  else if (first) status.podIP = first.ip;
}

export const PodStatus = struct(
  'io.k8s.api.core.v1.PodStatus',
  {
    observedGeneration: field(17, int64),
    phase: field(1, string, { enum: ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'] }),
    conditions: field(2, list(PodCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' })),
    message: field(3, string),
    reason: field(4, string),
    nominatedNodeName: field(11, string),
    hostIP: field(5, string),
    hostIPs: field(16, list(HostIP, { patch: ['merge'], mergeKey: 'ip' })),
    podIP: field(6, string),
    podIPs: field(12, list(PodIP, { type: 'map', keys: ['ip'], patch: ['merge'], mergeKey: 'ip' })),
    startTime: optional(7, time),
    initContainerStatuses: field(10, list(ContainerStatus)),
    containerStatuses: field(8, list(ContainerStatus)),
    qosClass: field(9, string, { enum: ['Guaranteed', 'Burstable', 'BestEffort'] }),
    ephemeralContainerStatuses: field(13, list(ContainerStatus)),
    resize: field(14, string, { enum: ['InProgress', 'Deferred', 'Infeasible'], gate: 'InPlacePodVerticalScaling' }),
    resourceClaimStatuses: field(
      15,
      list(PodResourceClaimStatus, { type: 'map', keys: ['name'], patch: ['merge', 'retainKeys'], mergeKey: 'name' }),
      { gate: 'DynamicResourceAllocation' },
    ),
    extendedResourceClaimStatus: optional(18, PodExtendedResourceClaimStatus, { gate: 'DRAExtendedResource' }),
    allocatedResources: field(19, map(quantity), { gate: 'InPlacePodLevelResourcesVerticalScaling' }),
    resources: optional(20, ResourceRequirements, { gate: 'InPlacePodLevelResourcesVerticalScaling' }),
    nodeAllocatableResourceClaimStatuses: field(21, list(NodeAllocatableResourceClaimStatus), {
      gate: 'DRANodeAllocatableResources',
    }),
  },
  { defaults: agreeOnAddresses },
);
export interface PodStatus extends TypeOf<typeof PodStatus> {}

/** What a Pod gets and a Pod template does not, because it depends on all of the Pod. */
function defaultPod(spec: PodSpec | undefined): void {
  if (!spec) return;
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  for (const { resources } of containers) {
    if (resources?.limits) resources.requests = { ...resources.limits, ...resources.requests };
  }
  if (spec.resources) defaultPodResources(spec, spec.resources);
  spec.enableServiceLinks ??= true;
  if (!spec.hostNetwork) return;
  for (const port of containers.flatMap(container => container.ports ?? [])) port.hostPort ||= port.containerPort;
}

/** A Pod limited as a whole asks for what its containers ask for together, and where they ask nothing, for its limit. */
function defaultPodResources(spec: PodSpec, resources: ResourceRequirements): void {
  const limits: Record<string, string> = { ...resources.limits };
  for (const [name, amount] of Object.entries(aggregateContainers(spec, 'limits'))) {
    if (isHugePages(name)) limits[name] ??= amount;
  }
  if (Object.keys(limits).length === 0) return;
  const requests: Record<string, string> = { ...resources.requests };
  for (const [name, amount] of Object.entries(aggregateContainers(spec, 'requests'))) {
    if (isPodLevelResource(name) && !isHugePages(name)) requests[name] ??= amount;
  }
  for (const [name, amount] of Object.entries(limits)) if (isPodLevelResource(name)) requests[name] ??= amount;
  resources.limits = limits;
  resources.requests = requests;
}

export const Pod = struct(
  'io.k8s.api.core.v1.Pod',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, PodSpec),
    status: always(3, PodStatus),
  },
  { gvk: { group: '', version: 'v1', kind: 'Pod' }, defaults: pod => defaultPod(pod.spec) },
);
export interface Pod extends TypeOf<typeof Pod> {}

export const pods = defineResource({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['po'],
  categories: ['all'],
  subresources: {
    attach: { verbs: ['create', 'get'], gvk: { group: '', version: 'v1', kind: 'PodAttachOptions' } },
    binding: { verbs: ['create'], gvk: { group: '', version: 'v1', kind: 'Binding' } },
    ephemeralcontainers: { verbs: ['get', 'patch', 'update'] },
    eviction: { verbs: ['create'], gvk: { group: 'policy', version: 'v1', kind: 'Eviction' } },
    exec: { verbs: ['create', 'get'], gvk: { group: '', version: 'v1', kind: 'PodExecOptions' } },
    log: { verbs: ['get'] },
    portforward: { verbs: ['create', 'get'], gvk: { group: '', version: 'v1', kind: 'PodPortForwardOptions' } },
    proxy: {
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
      gvk: { group: '', version: 'v1', kind: 'PodProxyOptions' },
    },
    resize: { verbs: ['get', 'patch', 'update'] },
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: Pod,
});
