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

export const OpaqueDeviceConfiguration = struct(
  'io.k8s.api.resource.v1.OpaqueDeviceConfiguration',
  {
    driver: always(1, string, { required: true, doc: 'The driver.' }),
    parameters: always(2, raw, { required: true, doc: 'The settings.' }),
  },
  { doc: 'Settings that only a driver understands.' },
);
export interface OpaqueDeviceConfiguration extends TypeOf<typeof OpaqueDeviceConfiguration> {}

export const CELDeviceSelector = struct(
  'io.k8s.api.resource.v1.CELDeviceSelector',
  {
    expression: always(1, string, { required: true, doc: 'Expression about device that must be true.' }),
  },
  { doc: 'A condition in CEL.' },
);
export interface CELDeviceSelector extends TypeOf<typeof CELDeviceSelector> {}

export const DeviceSelector = struct(
  'io.k8s.api.resource.v1.DeviceSelector',
  {
    cel: optional(1, CELDeviceSelector, { doc: 'The condition in CEL.' }),
  },
  { doc: 'A condition that a device must meet.' },
);
export interface DeviceSelector extends TypeOf<typeof DeviceSelector> {}

export const DeviceClaimConfiguration = struct(
  'io.k8s.api.resource.v1.DeviceClaimConfiguration',
  {
    requests: field(1, list(string), { doc: 'Requests that they are for. All if empty.' }),
    opaque: optional([2, 1], OpaqueDeviceConfiguration, { doc: 'Settings that only the driver understands.' }),
  },
  { doc: 'Settings for the devices of a claim.' },
);
export interface DeviceClaimConfiguration extends TypeOf<typeof DeviceClaimConfiguration> {}

export const DeviceConstraint = struct(
  'io.k8s.api.resource.v1.DeviceConstraint',
  {
    requests: field(1, list(string), { doc: 'Requests that it is for. All if empty.' }),
    matchAttribute: optional(2, string, { doc: 'Attribute whose value must be the same.' }),
    distinctAttribute: optional(3, string, {
      gate: 'DRAConsumableCapacity',
      doc: 'Attribute whose values must all differ.',
    }),
  },
  { doc: 'What devices of a claim must have in common.' },
);
export interface DeviceConstraint extends TypeOf<typeof DeviceConstraint> {}

export const CapacityRequirements = struct(
  'io.k8s.api.resource.v1.CapacityRequirements',
  {
    requests: field(1, map(quantity), { doc: 'The least of each capacity.' }),
  },
  { doc: "How much of a device's capacity is wanted." },
);
export interface CapacityRequirements extends TypeOf<typeof CapacityRequirements> {}

export const DeviceToleration = struct(
  'io.k8s.api.resource.v1.DeviceToleration',
  {
    key: field(1, string, { doc: 'Key of the taint. Empty with Exists matches every key.' }),
    operator: field(2, string, {
      default: 'Equal',
      enum: ['Exists', 'Equal'],
      doc: 'Equal compares the value, Exists does not. Equal if absent.',
    }),
    value: field(3, string, { doc: 'Value of the taint. Empty for Exists.' }),
    effect: field(4, string, {
      enum: ['None', 'NoSchedule', 'NoExecute'],
      doc: 'Effect of the taint. Empty matches every effect.',
    }),
    tolerationSeconds: optional(5, int64, { doc: 'Seconds that NoExecute is put up with. Forever if absent.' }),
  },
  { doc: 'Lets a request put up with matching taints of devices.' },
);
export interface DeviceToleration extends TypeOf<typeof DeviceToleration> {}

export const ExactDeviceRequest = struct(
  'io.k8s.api.resource.v1.ExactDeviceRequest',
  {
    deviceClassName: always(1, string, { required: true, doc: 'Class of the devices.' }),
    selectors: field(2, list(DeviceSelector), { doc: 'Further conditions, all of which a device must meet.' }),
    allocationMode: field(3, string, { doc: 'ExactCount or All that match. ExactCount if absent.' }),
    count: field(4, int64, { doc: 'How many devices, for ExactCount. 1 if absent.' }),
    adminAccess: optional(5, boolean, {
      gate: 'DRAAdminAccess',
      doc: 'True gives access for watching over devices that others use. False if absent.',
    }),
    tolerations: field(6, list(DeviceToleration), {
      gate: 'DRADeviceTaints',
      doc: 'Taints of devices to put up with.',
    }),
    capacity: optional(7, CapacityRequirements, {
      gate: 'DRAConsumableCapacity',
      doc: "How much of a device's capacity is wanted. All if absent.",
    }),
  },
  {
    doc: 'Devices of one kind.',
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
    name: always(1, string, { required: true, doc: 'Name, unique in its list.' }),
    deviceClassName: always(2, string, { required: true, doc: 'Class of the devices.' }),
    selectors: field(3, list(DeviceSelector), { doc: 'Further conditions, all of which a device must meet.' }),
    allocationMode: field(4, string, { doc: 'ExactCount or All that match. ExactCount if absent.' }),
    count: field(5, int64, { doc: 'How many devices, for ExactCount. 1 if absent.' }),
    tolerations: field(6, list(DeviceToleration), {
      gate: 'DRADeviceTaints',
      doc: 'Taints of devices to put up with.',
    }),
    capacity: optional(7, CapacityRequirements, {
      gate: 'DRAConsumableCapacity',
      doc: "How much of a device's capacity is wanted. All if absent.",
    }),
  },
  {
    doc: 'One of several ways to meet a request.',
    defaults(request) {
      request.allocationMode ||= 'ExactCount';
      if (request.allocationMode === 'ExactCount') request.count ||= 1;
    },
  },
);
export interface DeviceSubRequest extends TypeOf<typeof DeviceSubRequest> {}

export const DeviceRequest = struct(
  'io.k8s.api.resource.v1.DeviceRequest',
  {
    name: always(1, string, { required: true, doc: 'Name by which containers refer to it.' }),
    exactly: optional(2, ExactDeviceRequest, { doc: 'Devices of one kind.' }),
    firstAvailable: field(3, list(DeviceSubRequest), {
      gate: 'DRAPrioritizedList',
      doc: 'Several kinds; the first that can be had.',
    }),
  },
  { doc: 'Devices that are asked for. Exactly one way is set.' },
);
export interface DeviceRequest extends TypeOf<typeof DeviceRequest> {}

export const DeviceClaim = struct(
  'io.k8s.api.resource.v1.DeviceClaim',
  {
    requests: always(1, list(DeviceRequest), { doc: 'The devices, one entry for each need.' }),
    constraints: field(2, list(DeviceConstraint), { doc: 'What they must have in common.' }),
    config: field(3, list(DeviceClaimConfiguration), { doc: 'Settings for them.' }),
  },
  { doc: 'Devices that a claim asks for.' },
);
export interface DeviceClaim extends TypeOf<typeof DeviceClaim> {}

export const ResourceClaimSpec = struct(
  'io.k8s.api.resource.v1.ResourceClaimSpec',
  {
    devices: always(1, DeviceClaim, { doc: 'The devices.' }),
  },
  { doc: 'What the claim asks for. Cannot change.' },
);
export interface ResourceClaimSpec extends TypeOf<typeof ResourceClaimSpec> {}
