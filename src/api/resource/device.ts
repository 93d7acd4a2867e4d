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
  raw,
  string,
  struct,
} from '#machinery/schema.ts';

export const OpaqueDeviceConfiguration = struct('io.k8s.api.resource.v1.OpaqueDeviceConfiguration', {
  driver: always(1, string, { required: true }),
  parameters: always(2, raw, { required: true }),
});
export interface OpaqueDeviceConfiguration extends TypeOf<typeof OpaqueDeviceConfiguration> {}

export const CELDeviceSelector = struct('io.k8s.api.resource.v1.CELDeviceSelector', {
  expression: always(1, string, { required: true }),
});
export interface CELDeviceSelector extends TypeOf<typeof CELDeviceSelector> {}

export const DeviceSelector = struct('io.k8s.api.resource.v1.DeviceSelector', {
  cel: optional(1, CELDeviceSelector),
});
export interface DeviceSelector extends TypeOf<typeof DeviceSelector> {}

export const DeviceClaimConfiguration = struct('io.k8s.api.resource.v1.DeviceClaimConfiguration', {
  requests: field(1, list(string)),
  opaque: optional([2, 1], OpaqueDeviceConfiguration),
});
export interface DeviceClaimConfiguration extends TypeOf<typeof DeviceClaimConfiguration> {}

export const DeviceConstraint = struct('io.k8s.api.resource.v1.DeviceConstraint', {
  requests: field(1, list(string)),
  matchAttribute: optional(2, string),
  distinctAttribute: optional(3, string, { gate: 'DRAConsumableCapacity' }),
});
export interface DeviceConstraint extends TypeOf<typeof DeviceConstraint> {}

export const CapacityRequirements = struct('io.k8s.api.resource.v1.CapacityRequirements', {
  requests: field(1, map(quantity)),
});
export interface CapacityRequirements extends TypeOf<typeof CapacityRequirements> {}

export const DeviceToleration = struct('io.k8s.api.resource.v1.DeviceToleration', {
  key: field(1, string),
  operator: field(2, string, { default: 'Equal', enum: ['Exists', 'Equal'] }),
  value: field(3, string),
  effect: field(4, string, { enum: ['None', 'NoSchedule', 'NoExecute'] }),
  tolerationSeconds: optional(5, int64),
});
export interface DeviceToleration extends TypeOf<typeof DeviceToleration> {}

export const ExactDeviceRequest = struct(
  'io.k8s.api.resource.v1.ExactDeviceRequest',
  {
    deviceClassName: always(1, string, { required: true }),
    selectors: field(2, list(DeviceSelector)),
    allocationMode: field(3, string),
    count: field(4, int64),
    adminAccess: optional(5, boolean, { gate: 'DRAAdminAccess' }),
    tolerations: field(6, list(DeviceToleration), { gate: 'DRADeviceTaints' }),
    capacity: optional(7, CapacityRequirements, { gate: 'DRAConsumableCapacity' }),
  },
  {
    defaults(request) {
      request.allocationMode ||= 'ExactCount';
      if (request.allocationMode === 'ExactCount') request.count ||= 1;
    },
  },
);
export interface ExactDeviceRequest extends TypeOf<typeof ExactDeviceRequest> {}

export const DeviceSubRequest = struct(
  'io.k8s.api.resource.v1.DeviceSubRequest',
  {
    name: always(1, string, { required: true }),
    deviceClassName: always(2, string, { required: true }),
    selectors: field(3, list(DeviceSelector)),
    allocationMode: field(4, string),
    count: field(5, int64),
    tolerations: field(6, list(DeviceToleration), { gate: 'DRADeviceTaints' }),
    capacity: optional(7, CapacityRequirements, { gate: 'DRAConsumableCapacity' }),
  },
  {
    defaults(request) {
      request.allocationMode ||= 'ExactCount';
      if (request.allocationMode === 'ExactCount') request.count ||= 1;
    },
  },
);
export interface DeviceSubRequest extends TypeOf<typeof DeviceSubRequest> {}

export const DeviceRequest = struct('io.k8s.api.resource.v1.DeviceRequest', {
  name: always(1, string, { required: true }),
  exactly: optional(2, ExactDeviceRequest),
  firstAvailable: field(3, list(DeviceSubRequest), { gate: 'DRAPrioritizedList' }),
});
export interface DeviceRequest extends TypeOf<typeof DeviceRequest> {}

export const DeviceClaim = struct('io.k8s.api.resource.v1.DeviceClaim', {
  requests: always(1, list(DeviceRequest)),
  constraints: field(2, list(DeviceConstraint)),
  config: field(3, list(DeviceClaimConfiguration)),
});
export interface DeviceClaim extends TypeOf<typeof DeviceClaim> {}

export const ResourceClaimSpec = struct('io.k8s.api.resource.v1.ResourceClaimSpec', {
  devices: always(1, DeviceClaim),
});
export interface ResourceClaimSpec extends TypeOf<typeof ResourceClaimSpec> {}
