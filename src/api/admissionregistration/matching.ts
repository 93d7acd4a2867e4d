import { LabelSelector } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, bytes, field, int32, list, optional, string, struct } from '#machinery/schema.ts';

export const MatchCondition = struct('io.k8s.api.admissionregistration.v1.MatchCondition', {
  name: always(1, string, { required: true }),
  expression: always(2, string, { required: true }),
});
export interface MatchCondition extends TypeOf<typeof MatchCondition> {}

export const NamedRuleWithOperations = struct(
  'io.k8s.api.admissionregistration.v1.NamedRuleWithOperations',
  {
    resourceNames: field(1, list(string)),
    operations: field([2, 1], list(string)),
    apiGroups: field([2, 2, 1], list(string)),
    apiVersions: field([2, 2, 2], list(string)),
    resources: field([2, 2, 3], list(string)),
    scope: optional([2, 2, 4], string, { default: '*' }),
  },
  { atomic: true },
);
export interface NamedRuleWithOperations extends TypeOf<typeof NamedRuleWithOperations> {}

export const MatchResources = struct(
  'io.k8s.api.admissionregistration.v1.MatchResources',
  {
    namespaceSelector: optional(1, LabelSelector, { default: {} }),
    objectSelector: optional(2, LabelSelector, { default: {} }),
    resourceRules: field(3, list(NamedRuleWithOperations)),
    excludeResourceRules: field(4, list(NamedRuleWithOperations)),
    matchPolicy: optional(7, string, { default: 'Equivalent', enum: ['Exact', 'Equivalent'] }),
  },
  { atomic: true },
);
export interface MatchResources extends TypeOf<typeof MatchResources> {}

export const ParamKind = struct(
  'io.k8s.api.admissionregistration.v1.ParamKind',
  {
    apiVersion: field(1, string),
    kind: field(2, string),
  },
  { atomic: true },
);
export interface ParamKind extends TypeOf<typeof ParamKind> {}

export const Variable = struct(
  'io.k8s.api.admissionregistration.v1.Variable',
  {
    name: always(1, string, { required: true }),
    expression: always(2, string, { required: true }),
  },
  { atomic: true },
);
export interface Variable extends TypeOf<typeof Variable> {}

export const ParamRef = struct(
  'io.k8s.api.admissionregistration.v1.ParamRef',
  {
    name: field(1, string),
    namespace: field(2, string),
    selector: optional(3, LabelSelector),
    parameterNotFoundAction: optional(4, string, { enum: ['Allow', 'Deny'] }),
  },
  { atomic: true },
);
export interface ParamRef extends TypeOf<typeof ParamRef> {}

export const ServiceReference = struct('io.k8s.api.admissionregistration.v1.ServiceReference', {
  namespace: always(1, string, { required: true }),
  name: always(2, string, { required: true }),
  path: optional(3, string),
  port: optional(4, int32, { default: 443 }),
});
export interface ServiceReference extends TypeOf<typeof ServiceReference> {}

export const WebhookClientConfig = struct('io.k8s.api.admissionregistration.v1.WebhookClientConfig', {
  service: optional(1, ServiceReference),
  url: optional(3, string),
  caBundle: field(2, bytes),
});
export interface WebhookClientConfig extends TypeOf<typeof WebhookClientConfig> {}

export const RuleWithOperations = struct('io.k8s.api.admissionregistration.v1.RuleWithOperations', {
  operations: field(1, list(string), { enum: ['*', 'CREATE', 'UPDATE', 'DELETE', 'CONNECT'] }),
  apiGroups: field([2, 1], list(string)),
  apiVersions: field([2, 2], list(string)),
  resources: field([2, 3], list(string)),
  scope: optional([2, 4], string, { default: '*' }),
});
export interface RuleWithOperations extends TypeOf<typeof RuleWithOperations> {}
