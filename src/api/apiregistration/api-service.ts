import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, bytes, field, int32, list, optional, string, struct, time } from '#machinery/schema.ts';

export const ServiceReference = struct(
  'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference',
  {
    namespace: field(1, string, { doc: 'Namespace of the Service.' }),
    name: field(2, string, { doc: 'Name of the Service.' }),
    port: optional(3, int32, { default: 443, doc: 'Port of the Service. 443 if absent.' }),
  },
  { doc: 'A Service that serves an API.' },
);
export interface ServiceReference extends TypeOf<typeof ServiceReference> {}

export const APIServiceSpec = struct(
  'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec',
  {
    service: optional(1, ServiceReference, { doc: 'Service that serves it. This server if absent.' }),
    group: field(2, string, { doc: 'The group.' }),
    version: field(3, string, { doc: 'The version.' }),
    insecureSkipTLSVerify: field(4, boolean, {
      doc: "True does not verify the Service's certificate. False if absent.",
    }),
    caBundle: optional(5, bytes, { doc: "Certificates in PEM that the Service's is verified with." }),
    groupPriorityMinimum: always(7, int32, {
      required: true,
      doc: 'Priority of the group among all. Higher goes first.',
    }),
    versionPriority: always(8, int32, {
      required: true,
      doc: 'Priority of the version within its group. Higher goes first.',
    }),
  },
  { doc: 'Where a group and version is served.' },
);
export interface APIServiceSpec extends TypeOf<typeof APIServiceSpec> {}

export const APIServiceCondition = struct(
  'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition',
  {
    type: always(1, string, { required: true, enum: ['Available'], doc: 'What the condition is about.' }),
    status: always(2, string, {
      required: true,
      enum: ['True', 'False', 'Unknown'],
      doc: 'Whether it holds: True, False or Unknown.',
    }),
    lastTransitionTime: always(3, time, { doc: 'When the status last changed.' }),
    reason: field(4, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(5, string, { doc: 'A sentence that says why, for people.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface APIServiceCondition extends TypeOf<typeof APIServiceCondition> {}

export const APIServiceStatus = struct(
  'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus',
  {
    conditions: field(
      1,
      list(APIServiceCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
      { doc: 'What is true of it now, such as Available.' },
    ),
  },
  { doc: 'What is observed of the API.' },
);
export interface APIServiceStatus extends TypeOf<typeof APIServiceStatus> {}

export const APIService = struct(
  'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, APIServiceSpec),
    status: always(3, APIServiceStatus),
  },
  {
    doc: 'A group and version of the API and who serves it.',
    gvk: { group: 'apiregistration.k8s.io', version: 'v1', kind: 'APIService' },
  },
);
export interface APIService extends TypeOf<typeof APIService> {}

export const apiServices = defineResource({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  singular: 'apiservice',
  namespaced: false,
  verbs: allVerbs,
  categories: ['api-extensions'],
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: APIService,
});
