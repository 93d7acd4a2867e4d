import { Condition, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, string, struct } from '#machinery/schema.ts';

export const ServiceCIDRSpec = struct(
  'io.k8s.api.networking.v1.ServiceCIDRSpec',
  {
    cidrs: field(1, list(string), { doc: 'Ranges, at most one for each family. Cannot change.' }),
  },
  { doc: 'The ranges.' },
);
export interface ServiceCIDRSpec extends TypeOf<typeof ServiceCIDRSpec> {}

export const ServiceCIDRStatus = struct(
  'io.k8s.api.networking.v1.ServiceCIDRStatus',
  {
    conditions: field(1, list(Condition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }), {
      doc: 'What is true of it now, such as Ready.',
    }),
  },
  { doc: 'What is observed of the ranges.' },
);
export interface ServiceCIDRStatus extends TypeOf<typeof ServiceCIDRStatus> {}

export const ServiceCIDR = struct(
  'io.k8s.api.networking.v1.ServiceCIDR',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, ServiceCIDRSpec),
    status: always(3, ServiceCIDRStatus),
  },
  {
    doc: 'Ranges of IPs that Services get theirs from.',
    gvk: { group: 'networking.k8s.io', version: 'v1', kind: 'ServiceCIDR' },
  },
);
export interface ServiceCIDR extends TypeOf<typeof ServiceCIDR> {}

export const serviceCIDRs = defineResource({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  singular: 'servicecidr',
  namespaced: false,
  verbs: allVerbs,
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: ServiceCIDR,
});
