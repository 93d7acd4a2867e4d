import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, optional, string, struct } from '#machinery/schema.ts';

export const IngressClassParametersReference = struct(
  'io.k8s.api.networking.v1.IngressClassParametersReference',
  {
    apiGroup: optional(1, string, { doc: 'Group of the kind. Absent for core.' }),
    kind: always(2, string, { required: true, doc: 'Kind of the object.' }),
    name: always(3, string, { required: true, doc: 'Name of the object.' }),
    scope: optional(4, string, { default: 'Cluster', doc: 'Cluster or Namespace. Cluster if absent.' }),
    namespace: optional(5, string, { doc: 'Namespace of the object, for the scope Namespace.' }),
  },
  { doc: 'An object with settings for the controller.' },
);
export interface IngressClassParametersReference extends TypeOf<typeof IngressClassParametersReference> {}

export const IngressClassSpec = struct(
  'io.k8s.api.networking.v1.IngressClassSpec',
  {
    controller: field(1, string, { doc: 'Name of the controller, such as example.com/ingress. Cannot change.' }),
    parameters: optional(2, IngressClassParametersReference, { doc: 'Object with further settings.' }),
  },
  { doc: 'Which controller serves the class.' },
);
export interface IngressClassSpec extends TypeOf<typeof IngressClassSpec> {}

export const IngressClass = struct(
  'io.k8s.api.networking.v1.IngressClass',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, IngressClassSpec),
  },
  {
    doc: 'A kind of Ingress and the controller that serves it.',
    gvk: { group: 'networking.k8s.io', version: 'v1', kind: 'IngressClass' },
  },
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
