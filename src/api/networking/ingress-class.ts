import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, optional, string, struct } from '#machinery/schema.ts';

export const IngressClassParametersReference = struct('io.k8s.api.networking.v1.IngressClassParametersReference', {
  apiGroup: optional(1, string),
  kind: always(2, string, { required: true }),
  name: always(3, string, { required: true }),
  scope: optional(4, string, { default: 'Cluster' }),
  namespace: optional(5, string),
});
export interface IngressClassParametersReference extends TypeOf<typeof IngressClassParametersReference> {}

export const IngressClassSpec = struct('io.k8s.api.networking.v1.IngressClassSpec', {
  controller: field(1, string),
  parameters: optional(2, IngressClassParametersReference),
});
export interface IngressClassSpec extends TypeOf<typeof IngressClassSpec> {}

export const IngressClass = struct(
  'io.k8s.api.networking.v1.IngressClass',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, IngressClassSpec),
  },
  { gvk: { group: 'networking.k8s.io', version: 'v1', kind: 'IngressClass' } },
);
export interface IngressClass extends TypeOf<typeof IngressClass> {}

export const ingressClasses = defineResource({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  singular: 'ingressclass',
  namespaced: false,
  verbs: allVerbs,
  schema: IngressClass,
});
