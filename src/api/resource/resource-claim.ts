import { NodeSelector } from '#api/core/scheduling.ts';
import { DeviceToleration, OpaqueDeviceConfiguration, ResourceClaimSpec } from '#api/resource/device.ts';
import { Condition, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, list, map, optional, quantity, raw, string, struct, time } from '#machinery/schema.ts';

export const DeviceAllocationConfiguration = struct('io.k8s.api.resource.v1.DeviceAllocationConfiguration', {
  source: always(1, string, { required: true, enum: ['FromClass', 'FromClaim'] }),
  requests: field(2, list(string)),
  opaque: optional([3, 1], OpaqueDeviceConfiguration),
});
export interface DeviceAllocationConfiguration extends TypeOf<typeof DeviceAllocationConfiguration> {}

export const DeviceRequestAllocationResult = struct('io.k8s.api.resource.v1.DeviceRequestAllocationResult', {
  request: always(1, string, { required: true }),
  driver: always(2, string, { required: true }),
  pool: always(3, string, { required: true }),
  device: always(4, string, { required: true }),
  adminAccess: optional(5, boolean, { gate: 'DRAAdminAccess' }),
  tolerations: field(6, list(DeviceToleration), { gate: 'DRADeviceTaints' }),
  bindingConditions: field(7, list(string), { gate: 'DRADeviceBindingConditions' }),
  bindingFailureConditions: field(8, list(string), { gate: 'DRADeviceBindingConditions' }),
  shareID: optional(9, string, { gate: 'DRAConsumableCapacity' }),
  consumedCapacity: field(10, map(quantity), { gate: 'DRAConsumableCapacity' }),
});
export interface DeviceRequestAllocationResult extends TypeOf<typeof DeviceRequestAllocationResult> {}

export const DeviceAllocationResult = struct('io.k8s.api.resource.v1.DeviceAllocationResult', {
  results: field(1, list(DeviceRequestAllocationResult)),
  config: field(2, list(DeviceAllocationConfiguration)),
});
export interface DeviceAllocationResult extends TypeOf<typeof DeviceAllocationResult> {}

export const AllocationResult = struct('io.k8s.api.resource.v1.AllocationResult', {
  devices: always(1, DeviceAllocationResult),
  nodeSelector: optional(3, NodeSelector),
  allocationTimestamp: optional(5, time, { gate: 'DRADeviceBindingConditions' }),
});
export interface AllocationResult extends TypeOf<typeof AllocationResult> {}

export const NetworkDeviceData = struct('io.k8s.api.resource.v1.NetworkDeviceData', {
  interfaceName: field(1, string),
  ips: field(2, list(string)),
  hardwareAddress: field(3, string),
});
export interface NetworkDeviceData extends TypeOf<typeof NetworkDeviceData> {}

export const AllocatedDeviceStatus = struct('io.k8s.api.resource.v1.AllocatedDeviceStatus', {
  driver: always(1, string, { required: true }),
  pool: always(2, string, { required: true }),
  device: always(3, string, { required: true }),
  conditions: field(4, list(Condition, { type: 'map', keys: ['type'] })),
  data: optional(5, raw),
  networkData: optional(6, NetworkDeviceData),
  shareID: optional(7, string, { gate: 'DRAConsumableCapacity' }),
});
export interface AllocatedDeviceStatus extends TypeOf<typeof AllocatedDeviceStatus> {}

export const ResourceClaimConsumerReference = struct('io.k8s.api.resource.v1.ResourceClaimConsumerReference', {
  apiGroup: field(1, string),
  resource: always(3, string, { required: true }),
  name: always(4, string, { required: true }),
  uid: always(5, string, { required: true }),
});
export interface ResourceClaimConsumerReference extends TypeOf<typeof ResourceClaimConsumerReference> {}

export const ResourceClaimStatus = struct('io.k8s.api.resource.v1.ResourceClaimStatus', {
  allocation: optional(1, AllocationResult),
  reservedFor: field(
    2,
    list(ResourceClaimConsumerReference, { type: 'map', keys: ['uid'], patch: ['merge'], mergeKey: 'uid' }),
  ),
  devices: field(4, list(AllocatedDeviceStatus, { type: 'map', keys: ['driver', 'device', 'pool', 'shareID'] }), {
    gate: 'DRAResourceClaimDeviceStatus',
  }),
});
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
  { gvk: { group: 'resource.k8s.io', version: 'v1', kind: 'ResourceClaim' } },
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
