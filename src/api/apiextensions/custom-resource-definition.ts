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

export const ServiceReference = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference',
  {
    namespace: always(1, string, { required: true, doc: 'Namespace of the Service.' }),
    name: always(2, string, { required: true, doc: 'Name of the Service.' }),
    path: optional(3, string, { doc: 'Path of the request. / if absent.' }),
    port: optional(4, int32, { doc: 'Port of the Service. 443 if absent.' }),
  },
  { doc: 'A Service that answers a webhook.' },
);
export interface ServiceReference extends TypeOf<typeof ServiceReference> {}

export const WebhookClientConfig = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig',
  {
    service: optional(1, ServiceReference, { doc: 'Service to call.' }),
    caBundle: field(2, bytes, {
      doc: "Certificates in PEM that the webhook's is verified with. Those of the system if absent.",
    }),
    url: optional(3, string, { doc: 'URL to call, with https.' }),
  },
  { doc: 'How a webhook is called. Either url or service is set.' },
);
export interface WebhookClientConfig extends TypeOf<typeof WebhookClientConfig> {}

export const WebhookConversion = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookConversion',
  {
    clientConfig: optional(2, WebhookClientConfig, { doc: 'How it is called.' }),
    conversionReviewVersions: always(3, list(string), {
      required: true,
      doc: 'Versions of ConversionReview that it understands, best first.',
    }),
  },
  { doc: 'A webhook that converts between versions.' },
);
export interface WebhookConversion extends TypeOf<typeof WebhookConversion> {}

export const CustomResourceConversion = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion',
  {
    strategy: always(1, string, {
      required: true,
      enum: ['None', 'Webhook'],
      doc: 'None changes only apiVersion, Webhook asks one. None if absent.',
    }),
    webhook: optional(2, WebhookConversion, { doc: 'The webhook. Only for Webhook.' }),
  },
  { doc: 'How objects are converted between versions.' },
);
export interface CustomResourceConversion extends TypeOf<typeof CustomResourceConversion> {}

export const CustomResourceDefinitionNames = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames',
  {
    plural: always(1, string, { required: true, doc: 'Name in paths, such as crontabs.' }),
    singular: field(2, string, { doc: 'Name for one. The kind in lower case if absent.' }),
    shortNames: field(3, list(string), { doc: 'Short names for kubectl.' }),
    kind: always(4, string, { required: true, doc: 'Kind of the objects, in CamelCase.' }),
    listKind: field(5, string, { doc: 'Kind of lists. The kind with List if absent.' }),
    categories: field(6, list(string), { doc: 'Groups of resources that it belongs to, such as all.' }),
  },
  { doc: 'Names of the resource.' },
);
export interface CustomResourceDefinitionNames extends TypeOf<typeof CustomResourceDefinitionNames> {}

export const CustomResourceColumnDefinition = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceColumnDefinition',
  {
    name: always(1, string, { required: true, doc: 'Heading of the column.' }),
    type: always(2, string, { required: true, doc: 'integer, number, string, boolean or date.' }),
    format: field(3, string, { doc: 'Format of the type, such as int32.' }),
    description: field(4, string, { doc: 'What the column shows.' }),
    priority: field(5, int32, { doc: '0 is always shown, more only with -o wide.' }),
    jsonPath: always(6, string, { required: true, doc: 'Path of the value in the object.' }),
  },
  { doc: 'A column of kubectl get.' },
);
export interface CustomResourceColumnDefinition extends TypeOf<typeof CustomResourceColumnDefinition> {}

export const ExternalDocumentation = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ExternalDocumentation',
  {
    description: field(1, string, { doc: 'What is to be read there.' }),
    url: field(2, string, { doc: 'Its URL.' }),
  },
  { doc: 'Where to read more.' },
);
export interface ExternalDocumentation extends TypeOf<typeof ExternalDocumentation> {}

export const ValidationRule = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule',
  {
    rule: always(1, string, {
      required: true,
      doc: 'Expression that must be true. self is the value, oldSelf the value before.',
    }),
    message: field(2, string, { doc: 'What to say when it is not.' }),
    messageExpression: field(3, string, { doc: 'Expression in CEL for the message. Goes before message.' }),
    reason: optional(4, string, {
      enum: ['FieldValueRequired', 'FieldValueDuplicate', 'FieldValueInvalid', 'FieldValueForbidden'],
      doc: 'Kind of the error. FieldValueInvalid if absent.',
    }),
    fieldPath: field(5, string, { doc: 'Path of the field at fault, below the value.' }),
    optionalOldSelf: optional(6, boolean, {
      gate: 'CRDValidationRatcheting',
      doc: 'True runs it on creation too; oldSelf is then optional.',
    }),
  },
  { doc: 'A rule in CEL about a value.' },
);
export interface ValidationRule extends TypeOf<typeof ValidationRule> {}

export const JSONSchemaProps = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps',
  {
    id: field(1, string, { doc: 'Identifier of the schema. Not allowed in definitions.' }),
    $schema: field(2, string, { doc: 'Dialect of the schema. Not allowed in definitions.' }),
    $ref: optional(3, string, { doc: 'Another schema. Not allowed in definitions.' }),
    description: field(4, string, { doc: 'What the value is for; kubectl explain shows it.' }),
    type: field(5, string, { doc: 'object, array, string, integer, number or boolean.' }),
    format: field(6, string, { doc: 'Format of the type, such as date-time.' }),
    title: field(7, string, { doc: 'Short name of the value.' }),
    default: optional(8, json, { doc: 'Value that is filled in when absent.' }),
    maximum: optional(9, double, { doc: 'Largest number.' }),
    exclusiveMaximum: field(10, boolean, { doc: 'Whether maximum itself is too large.' }),
    minimum: optional(11, double, { doc: 'Smallest number.' }),
    exclusiveMinimum: field(12, boolean, { doc: 'Whether minimum itself is too small.' }),
    maxLength: optional(13, int64, { doc: 'Most characters.' }),
    minLength: optional(14, int64, { doc: 'Fewest characters.' }),
    pattern: field(15, string, { doc: 'Regular expression that must match somewhere.' }),
    maxItems: optional(16, int64, { doc: 'Most items.' }),
    minItems: optional(17, int64, { doc: 'Fewest items.' }),
    uniqueItems: field(18, boolean, { doc: 'Whether items must differ. Cannot be true.' }),
    multipleOf: optional(19, double, { doc: 'Number that the value must be a multiple of.' }),
    enum: field(20, list(json), { doc: 'Values that are allowed.' }),
    maxProperties: optional(21, int64, { doc: 'Most properties.' }),
    minProperties: optional(22, int64, { doc: 'Fewest properties.' }),
    required: field(23, list(string), { doc: 'Properties that must be there.' }),
    items: optional(24, json, { doc: 'Schema of each item.' }),
    allOf: field(25, list(lazy((): Schema<AnyJson> => JSONSchemaProps)), { doc: 'Schemas, all of which must hold.' }),
    oneOf: field(26, list(lazy((): Schema<AnyJson> => JSONSchemaProps)), {
      doc: 'Schemas, exactly one of which must hold.',
    }),
    anyOf: field(27, list(lazy((): Schema<AnyJson> => JSONSchemaProps)), {
      doc: 'Schemas, at least one of which must hold.',
    }),
    not: optional(
      28,
      lazy((): Schema<AnyJson> => JSONSchemaProps),
      { doc: 'Schema that must not hold.' },
    ),
    properties: field(29, map(lazy((): Schema<AnyJson> => JSONSchemaProps)), {
      doc: 'Schemas of the properties, by name.',
    }),
    additionalProperties: optional(30, json, { doc: 'Schema of all other properties, or whether there may be any.' }),
    patternProperties: field(31, map(lazy((): Schema<AnyJson> => JSONSchemaProps)), {
      doc: 'Schemas of properties, by pattern. Not allowed in definitions.',
    }),
    dependencies: field(32, map(json), { doc: 'What must be there together. Not allowed in definitions.' }),
    additionalItems: optional(33, json, { doc: 'Schema of further items. Not allowed in definitions.' }),
    definitions: field(34, map(lazy((): Schema<AnyJson> => JSONSchemaProps)), {
      doc: 'Schemas to refer to. Not allowed in definitions of resources.',
    }),
    externalDocs: optional(35, ExternalDocumentation, { doc: 'Where to read more.' }),
    example: optional(36, json, { doc: 'A value as an example.' }),
    nullable: field(37, boolean, { doc: 'Whether null is allowed. False if absent.' }),
    'x-kubernetes-preserve-unknown-fields': optional(38, boolean, {
      doc: 'True keeps fields that the schema does not know.',
    }),
    'x-kubernetes-embedded-resource': field(39, boolean, {
      doc: 'Whether the value is an object with apiVersion, kind and metadata.',
    }),
    'x-kubernetes-int-or-string': field(40, boolean, { doc: 'Whether the value is an integer or a string.' }),
    'x-kubernetes-list-map-keys': field(41, list(string), {
      doc: 'Properties that name an item of a list of type map.',
    }),
    'x-kubernetes-list-type': optional(42, string, {
      doc: 'How a list is merged: atomic, set or map. atomic if absent.',
    }),
    'x-kubernetes-map-type': optional(43, string, {
      doc: 'How an object is merged: granular or atomic. granular if absent.',
    }),
    'x-kubernetes-validations': field(
      44,
      list(ValidationRule, { type: 'map', keys: ['rule'], patch: ['merge'], mergeKey: 'rule' }),
      { doc: 'Rules in CEL that must hold.' },
    ),
  },
  { doc: 'A schema that values are checked against, after OpenAPI v3.' },
);
export interface JSONSchemaProps extends TypeOf<typeof JSONSchemaProps> {}

export const CustomResourceValidation = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceValidation',
  {
    openAPIV3Schema: optional(1, JSONSchemaProps, { doc: 'Schema of the whole object.' }),
  },
  { doc: 'How objects are checked.' },
);
export interface CustomResourceValidation extends TypeOf<typeof CustomResourceValidation> {}

export const SelectableField = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.SelectableField',
  {
    jsonPath: always(1, string, { required: true, doc: 'Path of the field, such as .spec.color.' }),
  },
  { doc: 'A field that field selectors can use.' },
);
export interface SelectableField extends TypeOf<typeof SelectableField> {}

export const CustomResourceSubresourceScale = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale',
  {
    specReplicasPath: always(1, string, { required: true, doc: 'Path of the wanted number, below .spec.' }),
    statusReplicasPath: always(2, string, { required: true, doc: 'Path of the observed number, below .status.' }),
    labelSelectorPath: field(3, string, {
      doc: 'Path of the selector, below .status or .spec. Needed for autoscaling.',
    }),
  },
  { doc: 'Where the subresource scale finds its numbers.' },
);
export interface CustomResourceSubresourceScale extends TypeOf<typeof CustomResourceSubresourceScale> {}

export const CustomResourceSubresources = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresources',
  {
    status: always(1, raw, { doc: 'There if set: status is then written apart.' }),
    scale: always(2, CustomResourceSubresourceScale, { doc: 'There if set: kubectl scale then works.' }),
  },
  { doc: 'Subresources of the resource.' },
);
export interface CustomResourceSubresources extends TypeOf<typeof CustomResourceSubresources> {}

export const CustomResourceDefinitionVersion = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion',
  {
    name: always(1, string, { required: true, doc: 'Name of the version, such as v1.' }),
    served: always(2, boolean, { required: true, doc: 'Whether it is served.' }),
    storage: always(3, boolean, { required: true, doc: 'Whether objects are stored in it. True for exactly one.' }),
    deprecated: field(7, boolean, { doc: 'Whether requests are answered with a warning. False if absent.' }),
    deprecationWarning: optional(8, string, { doc: 'The warning. A standard one if absent.' }),
    schema: optional(4, CustomResourceValidation, { doc: 'How objects are checked, pruned and defaulted.' }),
    subresources: optional(5, CustomResourceSubresources, { doc: 'Subresources of the resource.' }),
    additionalPrinterColumns: field(6, list(CustomResourceColumnDefinition), {
      doc: 'Columns of kubectl get. Age if absent.',
    }),
    selectableFields: field(9, list(SelectableField), {
      gate: 'CustomResourceFieldSelectors',
      doc: 'Fields that field selectors can use, at most 8.',
    }),
  },
  { doc: 'A version of the resource.' },
);
export interface CustomResourceDefinitionVersion extends TypeOf<typeof CustomResourceDefinitionVersion> {}

export const CustomResourceDefinitionSpec = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec',
  {
    group: always(1, string, { required: true, doc: 'Group of the resource. Cannot change.' }),
    names: always(3, CustomResourceDefinitionNames, { required: true, doc: 'Names of the resource.' }),
    scope: always(4, string, {
      required: true,
      enum: ['Cluster', 'Namespaced'],
      doc: 'Namespaced or Cluster. Cannot change.',
    }),
    versions: always(7, list(CustomResourceDefinitionVersion), { required: true, doc: 'Versions of the resource.' }),
    conversion: optional(9, CustomResourceConversion, { doc: 'How objects are converted between versions.' }),
    preserveUnknownFields: field(10, boolean, { doc: 'Must be false: unknown fields are pruned.' }),
  },
  { doc: 'The resource that is defined.' },
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
      doc: 'What the condition is about.',
    }),
    status: always(2, string, {
      required: true,
      enum: ['True', 'False', 'Unknown'],
      doc: 'Whether it holds: True, False or Unknown.',
    }),
    lastTransitionTime: always(3, time, { doc: 'When the status last changed.' }),
    reason: field(4, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(5, string, { doc: 'A sentence that says why, for people.' }),
    observedGeneration: field(6, int64, {
      gate: 'CRDObservedGenerationTracking',
      doc: 'The metadata.generation that the condition was computed for.',
    }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface CustomResourceDefinitionCondition extends TypeOf<typeof CustomResourceDefinitionCondition> {}

export const CustomResourceDefinitionStatus = struct(
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus',
  {
    conditions: field(1, list(CustomResourceDefinitionCondition, { type: 'map', keys: ['type'] }), {
      doc: 'What is true of it now, such as Established.',
    }),
    acceptedNames: always(2, CustomResourceDefinitionNames, {
      doc: 'Names that are served. They may differ while others have them.',
    }),
    storedVersions: field(3, list(string), { doc: 'Versions that objects may be stored in.' }),
    observedGeneration: field(4, int64, {
      gate: 'CRDObservedGenerationTracking',
      doc: 'The metadata.generation that the controller has seen.',
    }),
  },
  { doc: 'What is observed of the definition.' },
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
  {
    doc: 'Adds a resource to the API. Its name is plural.group.',
    gvk: { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' },
  },
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
