import { NodeSelector } from '#api/core/scheduling.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import {
  always,
  boolean,
  field,
  int64,
  list,
  map,
  optional,
  quantity,
  string,
  struct,
  time,
} from '#machinery/schema.ts';

export const DeviceAttribute = struct('io.k8s.api.resource.v1.DeviceAttribute', {
  int: optional(2, int64),
  bool: optional(3, boolean),
  string: optional(4, string),
  version: optional(5, string),
  ints: field(6, list(int64), { gate: 'DRAListTypeAttributes' }),
  bools: field(7, list(boolean), { gate: 'DRAListTypeAttributes' }),
  strings: field(8, list(string), { gate: 'DRAListTypeAttributes' }),
  versions: field(9, list(string), { gate: 'DRAListTypeAttributes' }),
});
export interface DeviceAttribute extends TypeOf<typeof DeviceAttribute> {}

export const CapacityRequestPolicyRange = struct('io.k8s.api.resource.v1.CapacityRequestPolicyRange', {
  min: always(1, quantity, { required: true }),
  max: optional(2, quantity),
  step: optional(3, quantity),
});
export interface CapacityRequestPolicyRange extends TypeOf<typeof CapacityRequestPolicyRange> {}

export const CapacityRequestPolicy = struct('io.k8s.api.resource.v1.CapacityRequestPolicy', {
  default: optional(1, quantity),
  validValues: field(3, list(quantity)),
  validRange: optional(4, CapacityRequestPolicyRange),
});
export interface CapacityRequestPolicy extends TypeOf<typeof CapacityRequestPolicy> {}

export const DeviceCapacity = struct('io.k8s.api.resource.v1.DeviceCapacity', {
  value: always(1, quantity, { required: true }),
  requestPolicy: optional(2, CapacityRequestPolicy, { gate: 'DRAConsumableCapacity' }),
});
export interface DeviceCapacity extends TypeOf<typeof DeviceCapacity> {}

export const Counter = struct('io.k8s.api.resource.v1.Counter', {
  value: always(1, quantity, { required: true }),
});
export interface Counter extends TypeOf<typeof Counter> {}

export const DeviceCounterConsumption = struct('io.k8s.api.resource.v1.DeviceCounterConsumption', {
  counterSet: always(1, string, { required: true }),
  counters: always(2, map(Counter), { required: true }),
});
export interface DeviceCounterConsumption extends TypeOf<typeof DeviceCounterConsumption> {}

export const NodeAllocatableResourceMapping = struct('io.k8s.api.resource.v1.NodeAllocatableResourceMapping', {
  capacityKey: field(1, string),
  allocationMultiplier: optional(2, quantity),
});
export interface NodeAllocatableResourceMapping extends TypeOf<typeof NodeAllocatableResourceMapping> {}

export const DeviceTaint = struct('io.k8s.api.resource.v1.DeviceTaint', {
  key: always(1, string, { required: true }),
  value: field(2, string),
  effect: always(3, string, { required: true, enum: ['None', 'NoSchedule', 'NoExecute'] }),
  timeAdded: optional(4, time),
});
export interface DeviceTaint extends TypeOf<typeof DeviceTaint> {}

export const Device = struct('io.k8s.api.resource.v1.Device', {
  name: always(1, string, { required: true }),
  attributes: field(2, map(DeviceAttribute)),
  capacity: field(3, map(DeviceCapacity)),
  consumesCounters: field(4, list(DeviceCounterConsumption), { gate: 'DRAPartitionableDevices' }),
  nodeName: optional(5, string, { gate: 'DRAPartitionableDevices' }),
  nodeSelector: optional(6, NodeSelector, { gate: 'DRAPartitionableDevices' }),
  allNodes: optional(7, boolean, { gate: 'DRAPartitionableDevices' }),
  taints: field(8, list(DeviceTaint), { gate: 'DRADeviceTaints' }),
  bindsToNode: optional(9, boolean, { gate: 'DRADeviceBindingConditions' }),
  bindingConditions: field(10, list(string), { gate: 'DRADeviceBindingConditions' }),
  bindingFailureConditions: field(11, list(string), { gate: 'DRADeviceBindingConditions' }),
  allowMultipleAllocations: optional(12, boolean, { gate: 'DRAConsumableCapacity' }),
  nodeAllocatableResourceMappings: field(13, map(NodeAllocatableResourceMapping), {
    gate: 'DRANodeAllocatableResources',
  }),
});
export interface Device extends TypeOf<typeof Device> {}

export const ResourcePool = struct('io.k8s.api.resource.v1.ResourcePool', {
  name: always(1, string, { required: true }),
  generation: always(2, int64, { required: true }),
  resourceSliceCount: always(3, int64, { required: true }),
});
export interface ResourcePool extends TypeOf<typeof ResourcePool> {}

export const CounterSet = struct('io.k8s.api.resource.v1.CounterSet', {
  name: always(1, string, { required: true }),
  counters: always(2, map(Counter), { required: true }),
});
export interface CounterSet extends TypeOf<typeof CounterSet> {}

export const ResourceSliceSpec = struct('io.k8s.api.resource.v1.ResourceSliceSpec', {
  driver: always(1, string, { required: true }),
  pool: always(2, ResourcePool, { required: true }),
  nodeName: optional(3, string),
  nodeSelector: optional(4, NodeSelector),
  allNodes: optional(5, boolean),
  devices: field(6, list(Device)),
  perDeviceNodeSelection: optional(7, boolean, { gate: 'DRAPartitionableDevices' }),
  sharedCounters: field(8, list(CounterSet), { gate: 'DRAPartitionableDevices' }),
});
export interface ResourceSliceSpec extends TypeOf<typeof ResourceSliceSpec> {}

export const ResourceSlice = struct(
  'io.k8s.api.resource.v1.ResourceSlice',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, ResourceSliceSpec, { required: true }),
  },
  { gvk: { group: 'resource.k8s.io', version: 'v1', kind: 'ResourceSlice' } },
);
export interface ResourceSlice extends TypeOf<typeof ResourceSlice> {}

export const resourceSlices = defineResource({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  singular: 'resourceslice',
  namespaced: false,
  verbs: allVerbs,
  schema: ResourceSlice,
});
