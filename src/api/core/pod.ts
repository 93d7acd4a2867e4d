import { ResourceRequirements } from '#api/core/container.ts';
import { ContainerStatus } from '#api/core/container-status.ts';
import { aggregateContainers, isHugePages, isPodLevelResource } from '#api/core/pod-resources.ts';
import { PodSpec } from '#api/core/pod-spec.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int64, list, map, optional, quantity, string, struct, time } from '#machinery/schema.ts';

export const PodCondition = struct(
  'io.k8s.api.core.v1.PodCondition',
  {
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
      doc: 'What the condition is about.',
    }),
    observedGeneration: field(7, int64, { doc: 'The metadata.generation that the condition was computed for.' }),
    status: always(2, string, {
      required: true,
      enum: ['True', 'False', 'Unknown'],
      doc: 'Whether it holds: True, False or Unknown.',
    }),
    lastProbeTime: always(3, time, { doc: 'When the condition was last checked.' }),
    lastTransitionTime: always(4, time, { doc: 'When the status last changed.' }),
    reason: field(5, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(6, string, { doc: 'A sentence that says why, for people.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface PodCondition extends TypeOf<typeof PodCondition> {}

export const ContainerExtendedResourceRequest = struct(
  'io.k8s.api.core.v1.ContainerExtendedResourceRequest',
  {
    containerName: always(1, string, { required: true, doc: 'Name of the container.' }),
    resourceName: always(2, string, { required: true, doc: 'Name of the extended resource.' }),
    requestName: always(3, string, { required: true, doc: 'Name of the request in the claim.' }),
  },
  { doc: "A container's request for an extended resource, and the device request made of it." },
);
export interface ContainerExtendedResourceRequest extends TypeOf<typeof ContainerExtendedResourceRequest> {}

export const PodExtendedResourceClaimStatus = struct(
  'io.k8s.api.core.v1.PodExtendedResourceClaimStatus',
  {
    requestMappings: always(1, list(ContainerExtendedResourceRequest), {
      required: true,
      doc: "Which container's request became which request of the claim.",
    }),
    resourceClaimName: always(2, string, { required: true, doc: 'Name of the claim.' }),
  },
  { doc: 'The claim that the scheduler made for extended resources.' },
);
export interface PodExtendedResourceClaimStatus extends TypeOf<typeof PodExtendedResourceClaimStatus> {}

export const HostIP = struct(
  'io.k8s.api.core.v1.HostIP',
  {
    ip: always(1, string, { required: true, doc: 'The address.' }),
  },
  { doc: 'An IP of the node.' },
);
export interface HostIP extends TypeOf<typeof HostIP> {}

export const NodeAllocatableResourceClaimStatus = struct(
  'io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus',
  {
    resourceClaimName: always(1, string, { required: true, doc: 'Name of the claim.' }),
    containers: field(2, list(string, { type: 'set' }), { doc: 'Containers that use the claim.' }),
    resources: always(3, map(quantity), { required: true, doc: 'How much of each resource it takes.' }),
  },
  { doc: 'Resources of the node that a claim takes up.' },
);
export interface NodeAllocatableResourceClaimStatus extends TypeOf<typeof NodeAllocatableResourceClaimStatus> {}

export const PodIP = struct(
  'io.k8s.api.core.v1.PodIP',
  {
    ip: always(1, string, { required: true, doc: 'The address.' }),
  },
  { doc: 'An IP of the Pod.' },
);
export interface PodIP extends TypeOf<typeof PodIP> {}

export const PodResourceClaimStatus = struct(
  'io.k8s.api.core.v1.PodResourceClaimStatus',
  {
    name: always(1, string, { required: true, doc: 'Name of the entry.' }),
    resourceClaimName: optional(2, string, { doc: 'Name of the claim. Absent when none had to be made.' }),
  },
  { doc: 'Which claim an entry of spec.resourceClaims became.' },
);
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
    observedGeneration: field(17, int64, { doc: 'The metadata.generation that the status was computed for.' }),
    phase: field(1, string, {
      enum: ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'],
      doc: 'Where its life stands: Pending, Running, Succeeded, Failed or Unknown.',
    }),
    conditions: field(2, list(PodCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }), {
      doc: 'What is true of it now, one entry for each type.',
    }),
    message: field(3, string, { doc: 'Why it is as it is, for people.' }),
    reason: field(4, string, { doc: 'Why it is as it is, such as Evicted.' }),
    nominatedNodeName: field(11, string, {
      doc: 'Node where others are being preempted for it. It may still go elsewhere.',
    }),
    hostIP: field(5, string, { doc: 'IP of the node. Absent until it is on one.' }),
    hostIPs: field(16, list(HostIP, { patch: ['merge'], mergeKey: 'ip' }), {
      doc: 'IPs of the node, one for each family. The first is hostIP.',
    }),
    podIP: field(6, string, { doc: 'IP of the Pod. Absent until it has one.' }),
    podIPs: field(12, list(PodIP, { type: 'map', keys: ['ip'], patch: ['merge'], mergeKey: 'ip' }), {
      doc: 'IPs of the Pod, at most one for each family. The first is podIP.',
    }),
    startTime: optional(7, time, { doc: 'When the node accepted it, before any image was pulled.' }),
    initContainerStatuses: field(10, list(ContainerStatus), { doc: 'Status of the init containers.' }),
    containerStatuses: field(8, list(ContainerStatus), { doc: 'Status of the containers.' }),
    qosClass: field(9, string, {
      enum: ['Guaranteed', 'Burstable', 'BestEffort'],
      doc: 'Guaranteed, Burstable or BestEffort, from its requests and limits.',
    }),
    ephemeralContainerStatuses: field(13, list(ContainerStatus), { doc: 'Status of the ephemeral containers.' }),
    resize: field(14, string, {
      enum: ['InProgress', 'Deferred', 'Infeasible'],
      gate: 'InPlacePodVerticalScaling',
      doc: 'Deprecated: state of a resize. See the conditions PodResizePending and PodResizeInProgress.',
    }),
    resourceClaimStatuses: field(
      15,
      list(PodResourceClaimStatus, { type: 'map', keys: ['name'], patch: ['merge', 'retainKeys'], mergeKey: 'name' }),
      { gate: 'DynamicResourceAllocation', doc: 'Which claim each of spec.resourceClaims became.' },
    ),
    extendedResourceClaimStatus: optional(18, PodExtendedResourceClaimStatus, {
      gate: 'DRAExtendedResource',
      doc: 'The claim made for extended resources.',
    }),
    allocatedResources: field(19, map(quantity), {
      gate: 'InPlacePodLevelResourcesVerticalScaling',
      doc: 'Requests that the node has reserved for the Pod as a whole.',
    }),
    resources: optional(20, ResourceRequirements, {
      gate: 'InPlacePodLevelResourcesVerticalScaling',
      doc: 'Requests and limits that hold now for the Pod as a whole.',
    }),
    nodeAllocatableResourceClaimStatuses: field(21, list(NodeAllocatableResourceClaimStatus), {
      gate: 'DRANodeAllocatableResources',
      doc: 'Node resources taken up by claims.',
    }),
  },
  { doc: 'What is observed of the Pod, mostly written by its node.', defaults: agreeOnAddresses },
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
  {
    doc: 'Containers that run together on one node and share its network and volumes.',
    gvk: { group: '', version: 'v1', kind: 'Pod' },
    defaults: pod => defaultPod(pod.spec),
  },
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
