import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, bytes, field, int32, list, optional, string, struct, time } from '#machinery/schema.ts';

export const ServiceReference = struct('io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference', {
  namespace: field(1, string),
  name: field(2, string),
  port: optional(3, int32, { default: 443 }),
});
export interface ServiceReference extends TypeOf<typeof ServiceReference> {}

export const APIServiceSpec = struct('io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec', {
  service: optional(1, ServiceReference),
  group: field(2, string),
  version: field(3, string),
  insecureSkipTLSVerify: field(4, boolean),
  caBundle: optional(5, bytes),
  groupPriorityMinimum: always(7, int32, { required: true }),
  versionPriority: always(8, int32, { required: true }),
});
export interface APIServiceSpec extends TypeOf<typeof APIServiceSpec> {}

export const APIServiceCondition = struct('io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition', {
  type: always(1, string, { required: true, enum: ['Available'] }),
  status: always(2, string, { required: true, enum: ['True', 'False', 'Unknown'] }),
  lastTransitionTime: always(3, time),
  reason: field(4, string),
  message: field(5, string),
});
export interface APIServiceCondition extends TypeOf<typeof APIServiceCondition> {}

export const APIServiceStatus = struct('io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus', {
  conditions: field(1, list(APIServiceCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' })),
});
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
  { gvk: { group: 'apiregistration.k8s.io', version: 'v1', kind: 'APIService' } },
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
