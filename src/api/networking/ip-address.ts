import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, optional, string, struct } from '#machinery/schema.ts';

export const ParentReference = struct(
  'io.k8s.api.networking.v1.ParentReference',
  {
    group: field(1, string, { doc: 'Group of the resource. Empty for core.' }),
    resource: always(2, string, { required: true, doc: 'Resource of the object, such as services.' }),
    namespace: field(3, string, { doc: 'Namespace of the object.' }),
    name: always(4, string, { required: true, doc: 'Name of the object.' }),
  },
  { doc: 'The object that has the address.' },
);
export interface ParentReference extends TypeOf<typeof ParentReference> {}

export const IPAddressSpec = struct(
  'io.k8s.api.networking.v1.IPAddressSpec',
  {
    parentRef: optional(1, ParentReference, { required: true, doc: 'The object that has it.' }),
  },
  { doc: 'Who has the address.' },
);
export interface IPAddressSpec extends TypeOf<typeof IPAddressSpec> {}

export const IPAddress = struct(
  'io.k8s.api.networking.v1.IPAddress',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, IPAddressSpec, { required: true }),
  },
  {
    doc: 'An IP that is taken, mostly by a Service. Its name is the address.',
    gvk: { group: 'networking.k8s.io', version: 'v1', kind: 'IPAddress' },
  },
);
export interface IPAddress extends TypeOf<typeof IPAddress> {}

export const ipAddresses = defineResource({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  singular: 'ipaddress',
  namespaced: false,
  verbs: allVerbs,
  shortNames: ['ip'],
  schema: IPAddress,
});
