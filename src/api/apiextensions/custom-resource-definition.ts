import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { AnyJson, Schema, TypeOf } from '#machinery/schema.ts';
import {
  always,
  boolean,
  bytes,
  double,
  field,
  int32,
  int64,
  json,
  lazy,
  list,
  map,
  optional,
  raw,
  string,
  struct,
  time,
} from '#machinery/schema.ts';

export const ServiceReference = struct('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference', {
  namespace: always(1, string, { required: true }),
  name: always(2, string, { required: true }),
  path: optional(3, string),
  port: optional(4, int32),
});
export interface ServiceReference extends TypeOf<typeof ServiceReference> {}

export const WebhookClientConfig = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig',
  {
    service: optional(1, ServiceReference),
    caBundle: field(2, bytes),
    url: optional(3, string),
  },
);
export interface WebhookClientConfig extends TypeOf<typeof WebhookClientConfig> {}

export const WebhookConversion = struct('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookConversion', {
  clientConfig: optional(2, WebhookClientConfig),
  conversionReviewVersions: always(3, list(string), { required: true }),
});
export interface WebhookConversion extends TypeOf<typeof WebhookConversion> {}

export const CustomResourceConversion = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion',
  {
    strategy: always(1, string, { required: true, enum: ['None', 'Webhook'] }),
    webhook: optional(2, WebhookConversion),
  },
);
export interface CustomResourceConversion extends TypeOf<typeof CustomResourceConversion> {}

export const CustomResourceDefinitionNames = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames',
  {
    plural: always(1, string, { required: true }),
    singular: field(2, string),
    shortNames: field(3, list(string)),
    kind: always(4, string, { required: true }),
    listKind: field(5, string),
    categories: field(6, list(string)),
  },
);
export interface CustomResourceDefinitionNames extends TypeOf<typeof CustomResourceDefinitionNames> {}

export const CustomResourceColumnDefinition = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceColumnDefinition',
  {
    name: always(1, string, { required: true }),
    type: always(2, string, { required: true }),
    format: field(3, string),
    description: field(4, string),
    priority: field(5, int32),
    jsonPath: always(6, string, { required: true }),
  },
);
export interface CustomResourceColumnDefinition extends TypeOf<typeof CustomResourceColumnDefinition> {}

export const ExternalDocumentation = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ExternalDocumentation',
  {
    description: field(1, string),
    url: field(2, string),
  },
);
export interface ExternalDocumentation extends TypeOf<typeof ExternalDocumentation> {}

export const ValidationRule = struct('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule', {
  rule: always(1, string, { required: true }),
  message: field(2, string),
  messageExpression: field(3, string),
  reason: optional(4, string, {
    enum: ['FieldValueRequired', 'FieldValueDuplicate', 'FieldValueInvalid', 'FieldValueForbidden'],
  }),
  fieldPath: field(5, string),
  optionalOldSelf: optional(6, boolean, { gate: 'CRDValidationRatcheting' }),
});
export interface ValidationRule extends TypeOf<typeof ValidationRule> {}

export const JSONSchemaProps = struct('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps', {
  id: field(1, string),
  $schema: field(2, string),
  $ref: optional(3, string),
  description: field(4, string),
  type: field(5, string),
  format: field(6, string),
  title: field(7, string),
  default: optional(8, json),
  maximum: optional(9, double),
  exclusiveMaximum: field(10, boolean),
  minimum: optional(11, double),
  exclusiveMinimum: field(12, boolean),
  maxLength: optional(13, int64),
  minLength: optional(14, int64),
  pattern: field(15, string),
  maxItems: optional(16, int64),
  minItems: optional(17, int64),
  uniqueItems: field(18, boolean),
  multipleOf: optional(19, double),
  enum: field(20, list(json)),
  maxProperties: optional(21, int64),
  minProperties: optional(22, int64),
  required: field(23, list(string)),
  items: optional(24, json),
  allOf: field(25, list(lazy((): Schema<AnyJson> => JSONSchemaProps))),
  oneOf: field(26, list(lazy((): Schema<AnyJson> => JSONSchemaProps))),
  anyOf: field(27, list(lazy((): Schema<AnyJson> => JSONSchemaProps))),
  not: optional(
    28,
    lazy((): Schema<AnyJson> => JSONSchemaProps),
  ),
  properties: field(29, map(lazy((): Schema<AnyJson> => JSONSchemaProps))),
  additionalProperties: optional(30, json),
  patternProperties: field(31, map(lazy((): Schema<AnyJson> => JSONSchemaProps))),
  dependencies: field(32, map(json)),
  additionalItems: optional(33, json),
  definitions: field(34, map(lazy((): Schema<AnyJson> => JSONSchemaProps))),
  externalDocs: optional(35, ExternalDocumentation),
  example: optional(36, json),
  nullable: field(37, boolean),
  'x-kubernetes-preserve-unknown-fields': optional(38, boolean),
  'x-kubernetes-embedded-resource': field(39, boolean),
  'x-kubernetes-int-or-string': field(40, boolean),
  'x-kubernetes-list-map-keys': field(41, list(string)),
  'x-kubernetes-list-type': optional(42, string),
  'x-kubernetes-map-type': optional(43, string),
  'x-kubernetes-validations': field(
    44,
    list(ValidationRule, { type: 'map', keys: ['rule'], patch: ['merge'], mergeKey: 'rule' }),
  ),
});
export interface JSONSchemaProps extends TypeOf<typeof JSONSchemaProps> {}

export const CustomResourceValidation = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceValidation',
  {
    openAPIV3Schema: optional(1, JSONSchemaProps),
  },
);
export interface CustomResourceValidation extends TypeOf<typeof CustomResourceValidation> {}

export const SelectableField = struct('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.SelectableField', {
  jsonPath: always(1, string, { required: true }),
});
export interface SelectableField extends TypeOf<typeof SelectableField> {}

export const CustomResourceSubresourceScale = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale',
  {
    specReplicasPath: always(1, string, { required: true }),
    statusReplicasPath: always(2, string, { required: true }),
    labelSelectorPath: field(3, string),
  },
);
export interface CustomResourceSubresourceScale extends TypeOf<typeof CustomResourceSubresourceScale> {}

export const CustomResourceSubresources = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresources',
  {
    status: always(1, raw),
    scale: always(2, CustomResourceSubresourceScale),
  },
);
export interface CustomResourceSubresources extends TypeOf<typeof CustomResourceSubresources> {}

export const CustomResourceDefinitionVersion = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion',
  {
    name: always(1, string, { required: true }),
    served: always(2, boolean, { required: true }),
    storage: always(3, boolean, { required: true }),
    deprecated: field(7, boolean),
    deprecationWarning: optional(8, string),
    schema: optional(4, CustomResourceValidation),
    subresources: optional(5, CustomResourceSubresources),
    additionalPrinterColumns: field(6, list(CustomResourceColumnDefinition)),
    selectableFields: field(9, list(SelectableField), { gate: 'CustomResourceFieldSelectors' }),
  },
);
export interface CustomResourceDefinitionVersion extends TypeOf<typeof CustomResourceDefinitionVersion> {}

export const CustomResourceDefinitionSpec = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec',
  {
    group: always(1, string, { required: true }),
    names: always(3, CustomResourceDefinitionNames, { required: true }),
    scope: always(4, string, { required: true, enum: ['Cluster', 'Namespaced'] }),
    versions: always(7, list(CustomResourceDefinitionVersion), { required: true }),
    conversion: optional(9, CustomResourceConversion),
    preserveUnknownFields: field(10, boolean),
  },
);
export interface CustomResourceDefinitionSpec extends TypeOf<typeof CustomResourceDefinitionSpec> {}

export const CustomResourceDefinitionCondition = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition',
  {
    type: always(1, string, {
      required: true,
      enum: [
        'Established',
        'NamesAccepted',
        'NonStructuralSchema',
        'Terminating',
        'KubernetesAPIApprovalPolicyConformant',
        'StorageMigrating',
      ],
    }),
    status: always(2, string, { required: true, enum: ['True', 'False', 'Unknown'] }),
    lastTransitionTime: always(3, time),
    reason: field(4, string),
    message: field(5, string),
    observedGeneration: field(6, int64, { gate: 'CRDObservedGenerationTracking' }),
  },
);
export interface CustomResourceDefinitionCondition extends TypeOf<typeof CustomResourceDefinitionCondition> {}

export const CustomResourceDefinitionStatus = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus',
  {
    conditions: field(1, list(CustomResourceDefinitionCondition, { type: 'map', keys: ['type'] })),
    acceptedNames: always(2, CustomResourceDefinitionNames),
    storedVersions: field(3, list(string)),
    observedGeneration: field(4, int64, { gate: 'CRDObservedGenerationTracking' }),
  },
);
export interface CustomResourceDefinitionStatus extends TypeOf<typeof CustomResourceDefinitionStatus> {}

export const CustomResourceDefinition = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, CustomResourceDefinitionSpec, { required: true }),
    status: always(3, CustomResourceDefinitionStatus),
  },
  { gvk: { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' } },
);
export interface CustomResourceDefinition extends TypeOf<typeof CustomResourceDefinition> {}

export const customResourceDefinitions = defineResource({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  namespaced: false,
  verbs: allVerbs,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: CustomResourceDefinition,
});
