import { NodeSelector } from '#api/core/scheduling.ts';
import { DeviceToleration, OpaqueDeviceConfiguration, ResourceClaimSpec } from '#api/resource/device.ts';
import { Condition, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, list, map, optional, quantity, raw, string, struct, time } from '#machinery/schema.ts';

export const DeviceAllocationConfiguration = struct(
  'io.k8s.api.resource.v1.DeviceAllocationConfiguration',
  {
    source: always(1, string, { required: true, enum: ['FromClass', 'FromClaim'], doc: 'FromClass or FromClaim.' }),
    requests: field(2, list(string), { doc: 'Requests that they are for. All if empty.' }),
    opaque: optional([3, 1], OpaqueDeviceConfiguration, { doc: 'Settings that only the driver understands.' }),
  },
  { doc: 'Settings for devices that were given.' },
);
export interface DeviceAllocationConfiguration extends TypeOf<typeof DeviceAllocationConfiguration> {}

export const DeviceRequestAllocationResult = struct(
  'io.k8s.api.resource.v1.DeviceRequestAllocationResult',
  {
    request: always(1, string, { required: true, doc: 'The request, or request/subrequest.' }),
    driver: always(2, string, { required: true, doc: 'The driver.' }),
    pool: always(3, string, { required: true, doc: 'Pool of the device.' }),
    device: always(4, string, { required: true, doc: 'Name of the device.' }),
    adminAccess: optional(5, boolean, { gate: 'DRAAdminAccess', doc: 'Whether it is for watching over it only.' }),
    tolerations: field(6, list(DeviceToleration), {
      gate: 'DRADeviceTaints',
      doc: 'Taints of the device that are put up with.',
    }),
    bindingConditions: field(7, list(string), {
      gate: 'DRADeviceBindingConditions',
      doc: 'Conditions that must be True before the Pod is bound.',
    }),
    bindingFailureConditions: field(8, list(string), {
      gate: 'DRADeviceBindingConditions',
      doc: 'Conditions that, once True, mean it cannot be used.',
    }),
    shareID: optional(9, string, {
      gate: 'DRAConsumableCapacity',
      doc: 'ID of the share, for devices given to several claims.',
    }),
    consumedCapacity: field(10, map(quantity), {
      gate: 'DRAConsumableCapacity',
      doc: 'How much of each capacity is taken.',
    }),
  },
  { doc: 'A device that was given for a request.' },
);
export interface DeviceRequestAllocationResult extends TypeOf<typeof DeviceRequestAllocationResult> {}

export const DeviceAllocationResult = struct(
  'io.k8s.api.resource.v1.DeviceAllocationResult',
  {
    results: field(1, list(DeviceRequestAllocationResult), { doc: 'The devices.' }),
    config: field(2, list(DeviceAllocationConfiguration), { doc: 'Settings for them.' }),
  },
  { doc: 'The devices that were given.' },
);
export interface DeviceAllocationResult extends TypeOf<typeof DeviceAllocationResult> {}

export const AllocationResult = struct(
  'io.k8s.api.resource.v1.AllocationResult',
  {
    devices: always(1, DeviceAllocationResult, { doc: 'The devices.' }),
    nodeSelector: optional(3, NodeSelector, { doc: 'Nodes where they can be used. All if absent.' }),
    allocationTimestamp: optional(5, time, { gate: 'DRADeviceBindingConditions', doc: 'When they were given.' }),
  },
  { doc: 'What the claim was given.' },
);
export interface AllocationResult extends TypeOf<typeof AllocationResult> {}

export const NetworkDeviceData = struct(
  'io.k8s.api.resource.v1.NetworkDeviceData',
  {
    interfaceName: field(1, string, { doc: 'Name of the interface.' }),
    ips: field(2, list(string), { doc: 'Its addresses, with the length of the network.' }),
    hardwareAddress: field(3, string, { doc: 'Its hardware address.' }),
  },
  { doc: 'A network device as it was set up.' },
);
export interface NetworkDeviceData extends TypeOf<typeof NetworkDeviceData> {}

export const AllocatedDeviceStatus = struct(
  'io.k8s.api.resource.v1.AllocatedDeviceStatus',
  {
    driver: always(1, string, { required: true, doc: 'The driver.' }),
    pool: always(2, string, { required: true, doc: 'Pool of the device.' }),
    device: always(3, string, { required: true, doc: 'Name of the device.' }),
    conditions: field(4, list(Condition, { type: 'map', keys: ['type'] }), {
      doc: 'What is true of it now, one entry for each type.',
    }),
    data: optional(5, raw, { doc: 'Anything the driver wants to say.' }),
    networkData: optional(6, NetworkDeviceData, { doc: 'The device as set up, if it is a network device.' }),
    shareID: optional(7, string, {
      gate: 'DRAConsumableCapacity',
      doc: 'ID of the share, for devices given to several claims.',
    }),
  },
  { doc: 'What the driver says about a device of the claim.' },
);
export interface AllocatedDeviceStatus extends TypeOf<typeof AllocatedDeviceStatus> {}

export const ResourceClaimConsumerReference = struct(
  'io.k8s.api.resource.v1.ResourceClaimConsumerReference',
  {
    apiGroup: field(1, string, { doc: 'Group of the resource. Empty for core.' }),
    resource: always(3, string, { required: true, doc: 'Resource of the object, such as pods.' }),
    name: always(4, string, { required: true, doc: 'Name of the object.' }),
    uid: always(5, string, { required: true, doc: 'UID of the object.' }),
  },
  { doc: 'Who uses the claim.' },
);
export interface ResourceClaimConsumerReference extends TypeOf<typeof ResourceClaimConsumerReference> {}

export const ResourceClaimStatus = struct(
  'io.k8s.api.resource.v1.ResourceClaimStatus',
  {
    allocation: optional(1, AllocationResult, { doc: 'What it was given. Absent if nothing yet.' }),
    reservedFor: field(
      2,
      list(ResourceClaimConsumerReference, { type: 'map', keys: ['uid'], patch: ['merge'], mergeKey: 'uid' }),
      { doc: 'Who may use it now.' },
    ),
    devices: field(4, list(AllocatedDeviceStatus, { type: 'map', keys: ['driver', 'device', 'pool', 'shareID'] }), {
      gate: 'DRAResourceClaimDeviceStatus',
      doc: 'What drivers say about its devices.',
    }),
  },
  { doc: 'What the claim was given and who uses it.' },
);
export interface ResourceClaimStatus extends TypeOf<typeof ResourceClaimStatus> {}

export const ResourceClaim = struct(
  'io.k8s.api.resource.v1.ResourceClaim',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, ResourceClaimSpec, { required: true }),
    status: always(3, ResourceClaimStatus),
  },
  { doc: 'Asks for devices, such as GPUs.', gvk: { group: 'resource.k8s.io', version: 'v1', kind: 'ResourceClaim' } },
);
export interface ResourceClaim extends TypeOf<typeof ResourceClaim> {}

export const resourceClaims = defineResource({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  singular: 'resourceclaim',
  namespaced: true,
  verbs: allVerbs,
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: ResourceClaim,
});
