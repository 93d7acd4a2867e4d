import { DeviceSelector, OpaqueDeviceConfiguration } from '#api/resource/device.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, optional, string, struct } from '#machinery/schema.ts';

export const DeviceClassConfiguration = struct(
  'io.k8s.api.resource.v1.DeviceClassConfiguration',
  {
    opaque: optional([1, 1], OpaqueDeviceConfiguration, { doc: 'Settings that only the driver understands.' }),
  },
  { doc: 'Settings for devices of the class.' },
);
export interface DeviceClassConfiguration extends TypeOf<typeof DeviceClassConfiguration> {}

export const DeviceClassSpec = struct(
  'io.k8s.api.resource.v1.DeviceClassSpec',
  {
    selectors: field(1, list(DeviceSelector), { doc: 'Conditions, all of which a device must meet.' }),
    config: field(2, list(DeviceClassConfiguration), { doc: 'Settings for devices of the class.' }),
    extendedResourceName: optional(4, string, {
      gate: 'DRAExtendedResource',
      doc: 'Extended resource whose requests these devices can meet.',
    }),
  },
  { doc: 'Which devices belong to the class.' },
);
export interface DeviceClassSpec extends TypeOf<typeof DeviceClassSpec> {}

export const DeviceClass = struct(
  'io.k8s.api.resource.v1.DeviceClass',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, DeviceClassSpec, { required: true }),
  },
  {
    doc: 'A kind of device that claims can ask for.',
    gvk: { group: 'resource.k8s.io', version: 'v1', kind: 'DeviceClass' },
  },
);
export interface DeviceClass extends TypeOf<typeof DeviceClass> {}

export const deviceClasses = defineResource({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  singular: 'deviceclass',
  namespaced: false,
  verbs: allVerbs,
  schema: DeviceClass,
});
