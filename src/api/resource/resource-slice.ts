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

export const DeviceAttribute = struct(
  'io.k8s.api.resource.v1.DeviceAttribute',
  {
    int: optional(2, int64, { doc: 'An integer.' }),
    bool: optional(3, boolean, { doc: 'A boolean.' }),
    string: optional(4, string, { doc: 'A text.' }),
    version: optional(5, string, { doc: 'A semantic version.' }),
    ints: field(6, list(int64), { gate: 'DRAListTypeAttributes', doc: 'Several integers.' }),
    bools: field(7, list(boolean), { gate: 'DRAListTypeAttributes', doc: 'Several booleans.' }),
    strings: field(8, list(string), { gate: 'DRAListTypeAttributes', doc: 'Several texts.' }),
    versions: field(9, list(string), { gate: 'DRAListTypeAttributes', doc: 'Several semantic versions.' }),
  },
  { doc: 'A fact about a device. Exactly one is set.' },
);
export interface DeviceAttribute extends TypeOf<typeof DeviceAttribute> {}

export const CapacityRequestPolicyRange = struct(
  'io.k8s.api.resource.v1.CapacityRequestPolicyRange',
  {
    min: always(1, quantity, { required: true, doc: 'The least. Smaller requests are rounded up.' }),
    max: optional(2, quantity, { doc: 'The most. No limit if absent.' }),
    step: optional(3, quantity, { doc: 'Distance of the amounts from one another, counted from min.' }),
  },
  { doc: 'A range of amounts that may be asked for.' },
);
export interface CapacityRequestPolicyRange extends TypeOf<typeof CapacityRequestPolicyRange> {}

export const CapacityRequestPolicy = struct(
  'io.k8s.api.resource.v1.CapacityRequestPolicy',
  {
    default: optional(1, quantity, { doc: 'Amount when none is asked for.' }),
    validValues: field(3, list(quantity), { doc: 'The amounts. Requests are rounded up to one.' }),
    validRange: optional(4, CapacityRequestPolicyRange, { doc: 'The range of amounts.' }),
  },
  { doc: 'What amounts of a capacity may be asked for.' },
);
export interface CapacityRequestPolicy extends TypeOf<typeof CapacityRequestPolicy> {}

export const DeviceCapacity = struct(
  'io.k8s.api.resource.v1.DeviceCapacity',
  {
    value: always(1, quantity, { required: true, doc: 'How much.' }),
    requestPolicy: optional(2, CapacityRequestPolicy, {
      gate: 'DRAConsumableCapacity',
      doc: 'What amounts may be asked for, if it can be shared.',
    }),
  },
  { doc: 'An amount that a device has.' },
);
export interface DeviceCapacity extends TypeOf<typeof DeviceCapacity> {}

export const Counter = struct(
  'io.k8s.api.resource.v1.Counter',
  {
    value: always(1, quantity, { required: true, doc: 'How much there is.' }),
  },
  { doc: 'An amount that devices share.' },
);
export interface Counter extends TypeOf<typeof Counter> {}

export const DeviceCounterConsumption = struct(
  'io.k8s.api.resource.v1.DeviceCounterConsumption',
  {
    counterSet: always(1, string, { required: true, doc: 'The set.' }),
    counters: always(2, map(Counter), { required: true, doc: 'How much of each.' }),
  },
  { doc: 'What a device takes of shared amounts.' },
);
export interface DeviceCounterConsumption extends TypeOf<typeof DeviceCounterConsumption> {}

export const NodeAllocatableResourceMapping = struct(
  'io.k8s.api.resource.v1.NodeAllocatableResourceMapping',
  {
    capacityKey: field(1, string, { doc: 'Capacity of the device that counts. The device itself if absent.' }),
    allocationMultiplier: optional(2, quantity, { doc: 'Factor from there to the resource of the node.' }),
  },
  { doc: 'How a device counts against a resource of the node.' },
);
export interface NodeAllocatableResourceMapping extends TypeOf<typeof NodeAllocatableResourceMapping> {}

export const DeviceTaint = struct(
  'io.k8s.api.resource.v1.DeviceTaint',
  {
    key: always(1, string, { required: true, doc: 'Key of the taint.' }),
    value: field(2, string, { doc: 'Value of the taint.' }),
    effect: always(3, string, {
      required: true,
      enum: ['None', 'NoSchedule', 'NoExecute'],
      doc: 'None, NoSchedule, or NoExecute, which also evicts.',
    }),
    timeAdded: optional(4, time, { doc: 'When it was added.' }),
  },
  { doc: 'Keeps claims that do not tolerate it off a device.' },
);
export interface DeviceTaint extends TypeOf<typeof DeviceTaint> {}

export const Device = struct(
  'io.k8s.api.resource.v1.Device',
  {
    name: always(1, string, { required: true, doc: 'Name, unique in the pool.' }),
    attributes: field(2, map(DeviceAttribute), { doc: 'Facts about it, by name.' }),
    capacity: field(3, map(DeviceCapacity), { doc: 'Amounts that it has, by name.' }),
    consumesCounters: field(4, list(DeviceCounterConsumption), {
      gate: 'DRAPartitionableDevices',
      doc: 'What it takes of shared amounts.',
    }),
    nodeName: optional(5, string, { gate: 'DRAPartitionableDevices', doc: 'Node that it is on.' }),
    nodeSelector: optional(6, NodeSelector, { gate: 'DRAPartitionableDevices', doc: 'Nodes where it can be used.' }),
    allNodes: optional(7, boolean, { gate: 'DRAPartitionableDevices', doc: 'Whether it can be used on all nodes.' }),
    taints: field(8, list(DeviceTaint), { gate: 'DRADeviceTaints', doc: 'Taints of the device.' }),
    bindsToNode: optional(9, boolean, {
      gate: 'DRADeviceBindingConditions',
      doc: 'Whether its use is limited to the node chosen at allocation.',
    }),
    bindingConditions: field(10, list(string), {
      gate: 'DRADeviceBindingConditions',
      doc: 'Conditions that must be True before a Pod is bound.',
    }),
    bindingFailureConditions: field(11, list(string), {
      gate: 'DRADeviceBindingConditions',
      doc: 'Conditions that, once True, mean it cannot be used.',
    }),
    allowMultipleAllocations: optional(12, boolean, {
      gate: 'DRAConsumableCapacity',
      doc: 'Whether several claims may have it. False if absent.',
    }),
    nodeAllocatableResourceMappings: field(13, map(NodeAllocatableResourceMapping), {
      gate: 'DRANodeAllocatableResources',
      doc: 'How it counts against resources of the node.',
    }),
  },
  { doc: 'One device.' },
);
export interface Device extends TypeOf<typeof Device> {}

export const ResourcePool = struct(
  'io.k8s.api.resource.v1.ResourcePool',
  {
    name: always(1, string, { required: true, doc: 'Name of the pool.' }),
    generation: always(2, int64, {
      required: true,
      doc: 'Number of the state of the pool. Slices of older numbers do not count.',
    }),
    resourceSliceCount: always(3, int64, { required: true, doc: 'How many slices the pool has.' }),
  },
  { doc: 'The pool that a slice is part of.' },
);
export interface ResourcePool extends TypeOf<typeof ResourcePool> {}

export const CounterSet = struct(
  'io.k8s.api.resource.v1.CounterSet',
  {
    name: always(1, string, { required: true, doc: 'Name of the set.' }),
    counters: always(2, map(Counter), { required: true, doc: 'The amounts, by name.' }),
  },
  { doc: 'Amounts that devices of a pool share.' },
);
export interface CounterSet extends TypeOf<typeof CounterSet> {}

export const ResourceSliceSpec = struct(
  'io.k8s.api.resource.v1.ResourceSliceSpec',
  {
    driver: always(1, string, { required: true, doc: 'The driver. Cannot change.' }),
    pool: always(2, ResourcePool, { required: true, doc: 'Pool that the devices are in.' }),
    nodeName: optional(3, string, { doc: 'Node that the devices are on.' }),
    nodeSelector: optional(4, NodeSelector, { doc: 'Nodes where they can be used.' }),
    allNodes: optional(5, boolean, { doc: 'Whether they can be used on all nodes.' }),
    devices: field(6, list(Device), { doc: 'The devices.' }),
    perDeviceNodeSelection: optional(7, boolean, {
      gate: 'DRAPartitionableDevices',
      doc: 'Whether each device names its nodes.',
    }),
    sharedCounters: field(8, list(CounterSet), {
      gate: 'DRAPartitionableDevices',
      doc: 'Amounts that devices of the pool share.',
    }),
  },
  { doc: 'Devices and where they are. One way to name the nodes is set.' },
);
export interface ResourceSliceSpec extends TypeOf<typeof ResourceSliceSpec> {}

export const ResourceSlice = struct(
  'io.k8s.api.resource.v1.ResourceSlice',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, ResourceSliceSpec, { required: true }),
  },
  {
    doc: 'Some devices of a driver, for the scheduler.',
    gvk: { group: 'resource.k8s.io', version: 'v1', kind: 'ResourceSlice' },
  },
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
