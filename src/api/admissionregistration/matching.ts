import { LabelSelector } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, bytes, field, int32, list, optional, string, struct } from '#machinery/schema.ts';

export const MatchCondition = struct(
  'io.k8s.api.admissionregistration.v1.MatchCondition',
  {
    name: always(1, string, { required: true, doc: 'Name of the condition, unique in its list.' }),
    expression: always(2, string, {
      required: true,
      doc: 'Expression that must be true. It knows object, oldObject, request and authorizer.',
    }),
  },
  { doc: 'A condition in CEL that a request must meet.' },
);
export interface MatchCondition extends TypeOf<typeof MatchCondition> {}

export const NamedRuleWithOperations = struct(
  'io.k8s.api.admissionregistration.v1.NamedRuleWithOperations',
  {
    resourceNames: field(1, list(string), { doc: 'Names of objects. All if empty.' }),
    operations: field([2, 1], list(string), { doc: 'CREATE, UPDATE, DELETE, CONNECT or * for all.' }),
    apiGroups: field([2, 2, 1], list(string), { doc: 'Groups of the resources. * is all.' }),
    apiVersions: field([2, 2, 2], list(string), { doc: 'Versions of the resources. * is all.' }),
    resources: field([2, 2, 3], list(string), {
      doc: 'Resources, such as pods or pods/status. * is all without subresources, */* all.',
    }),
    scope: optional([2, 2, 4], string, { default: '*', doc: 'Cluster, Namespaced or * for both. * if absent.' }),
  },
  { doc: 'Requests, by what they do to which objects.', atomic: true },
);
export interface NamedRuleWithOperations extends TypeOf<typeof NamedRuleWithOperations> {}

export const MatchResources = struct(
  'io.k8s.api.admissionregistration.v1.MatchResources',
  {
    namespaceSelector: optional(1, LabelSelector, { default: {}, doc: 'Namespaces by label. Empty selects all.' }),
    objectSelector: optional(2, LabelSelector, {
      default: {},
      doc: 'Objects by label, the new or the old one. Empty selects all.',
    }),
    resourceRules: field(3, list(NamedRuleWithOperations), { doc: 'Rules, one of which must match.' }),
    excludeResourceRules: field(4, list(NamedRuleWithOperations), {
      doc: 'Rules, none of which may match. They go before resourceRules.',
    }),
    matchPolicy: optional(7, string, {
      default: 'Equivalent',
      enum: ['Exact', 'Equivalent'],
      doc: 'Equivalent also matches other versions of a resource, Exact does not. Equivalent if absent.',
    }),
  },
  { doc: 'Requests that a policy looks at.', atomic: true },
);
export interface MatchResources extends TypeOf<typeof MatchResources> {}

export const ParamKind = struct(
  'io.k8s.api.admissionregistration.v1.ParamKind',
  {
    apiVersion: field(1, string, { doc: 'Group and version of the kind.' }),
    kind: field(2, string, { doc: 'The kind.' }),
  },
  { doc: 'Kind of the objects that hold parameters.', atomic: true },
);
export interface ParamKind extends TypeOf<typeof ParamKind> {}

export const Variable = struct(
  'io.k8s.api.admissionregistration.v1.Variable',
  {
    name: always(1, string, { required: true, doc: 'Name of the variable.' }),
    expression: always(2, string, { required: true, doc: 'Expression in CEL for its value.' }),
  },
  { doc: 'A value that expressions can use as variables.NAME.', atomic: true },
);
export interface Variable extends TypeOf<typeof Variable> {}

export const ParamRef = struct(
  'io.k8s.api.admissionregistration.v1.ParamRef',
  {
    name: field(1, string, { doc: 'Name of the object.' }),
    namespace: field(2, string, { doc: 'Namespace of the object. That of the request if absent.' }),
    selector: optional(3, LabelSelector, { doc: 'Objects by label. The policy runs once for each.' }),
    parameterNotFoundAction: optional(4, string, {
      enum: ['Allow', 'Deny'],
      doc: 'Allow or Deny when there is no object.',
    }),
  },
  { doc: 'Objects that hold parameters. Either name or selector is set.', atomic: true },
);
export interface ParamRef extends TypeOf<typeof ParamRef> {}

export const ServiceReference = struct(
  'io.k8s.api.admissionregistration.v1.ServiceReference',
  {
    namespace: always(1, string, { required: true, doc: 'Namespace of the Service.' }),
    name: always(2, string, { required: true, doc: 'Name of the Service.' }),
    path: optional(3, string, { doc: 'Path of the request. / if absent.' }),
    port: optional(4, int32, { default: 443, doc: 'Port of the Service. 443 if absent.' }),
  },
  { doc: 'A Service that answers a webhook.' },
);
export interface ServiceReference extends TypeOf<typeof ServiceReference> {}

export const WebhookClientConfig = struct(
  'io.k8s.api.admissionregistration.v1.WebhookClientConfig',
  {
    service: optional(1, ServiceReference, { doc: 'Service to call.' }),
    url: optional(3, string, { doc: 'URL to call, with https.' }),
    caBundle: field(2, bytes, {
      doc: "Certificates in PEM that the webhook's is verified with. Those of the system if absent.",
    }),
  },
  { doc: 'How a webhook is called. Either url or service is set.' },
);
export interface WebhookClientConfig extends TypeOf<typeof WebhookClientConfig> {}

export const RuleWithOperations = struct(
  'io.k8s.api.admissionregistration.v1.RuleWithOperations',
  {
    operations: field(1, list(string), {
      enum: ['*', 'CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
      doc: 'CREATE, UPDATE, DELETE, CONNECT or * for all.',
    }),
    apiGroups: field([2, 1], list(string), { doc: 'Groups of the resources. * is all.' }),
    apiVersions: field([2, 2], list(string), { doc: 'Versions of the resources. * is all.' }),
    resources: field([2, 3], list(string), {
      doc: 'Resources, such as pods or pods/status. * is all without subresources, */* all.',
    }),
    scope: optional([2, 4], string, { default: '*', doc: 'Cluster, Namespaced or * for both. * if absent.' }),
  },
  { doc: 'Requests, by what they do.' },
);
export interface RuleWithOperations extends TypeOf<typeof RuleWithOperations> {}
