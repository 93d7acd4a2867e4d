import { MatchCondition, RuleWithOperations, WebhookClientConfig } from '#api/admissionregistration/matching.ts';
import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, list, optional, string, struct } from '#machinery/schema.ts';

export const MutatingWebhook = struct(
  'io.k8s.api.admissionregistration.v1.MutatingWebhook',
  {
    name: always(1, string, {
      required: true,
      doc: 'Name of the webhook, with at least two dots, unique in its list.',
    }),
    clientConfig: always(2, WebhookClientConfig, { required: true, doc: 'How it is called.' }),
    rules: field(3, list(RuleWithOperations), { doc: 'Requests that it is called for.' }),
    failurePolicy: optional(4, string, {
      default: 'Fail',
      enum: ['Ignore', 'Fail'],
      doc: 'Fail or Ignore when it cannot be called. Fail if absent.',
    }),
    matchPolicy: optional(9, string, {
      default: 'Equivalent',
      enum: ['Exact', 'Equivalent'],
      doc: 'Equivalent also matches other versions of a resource, Exact does not. Equivalent if absent.',
    }),
    namespaceSelector: optional(5, LabelSelector, { default: {}, doc: 'Namespaces by label. Empty selects all.' }),
    objectSelector: optional(11, LabelSelector, {
      default: {},
      doc: 'Objects by label, the new or the old one. Empty selects all.',
    }),
    sideEffects: optional(6, string, {
      enum: ['Unknown', 'None', 'Some', 'NoneOnDryRun'],
      doc: 'None, or NoneOnDryRun: what it does besides answering.',
    }),
    timeoutSeconds: optional(7, int32, { default: 10, doc: 'Seconds it may take, from 1 to 30. 10 if absent.' }),
    admissionReviewVersions: always(8, list(string), {
      required: true,
      doc: 'Versions of AdmissionReview that it understands, best first.',
    }),
    reinvocationPolicy: optional(10, string, {
      default: 'Never',
      enum: ['Never', 'IfNeeded'],
      doc: 'IfNeeded calls it again after later changes. Never if absent.',
    }),
    matchConditions: field(
      12,
      list(MatchCondition, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }),
      { doc: 'Conditions, all of which a request must meet.' },
    ),
  },
  { doc: 'A webhook that may change objects.' },
);
export interface MutatingWebhook extends TypeOf<typeof MutatingWebhook> {}

export const MutatingWebhookConfiguration = struct(
  'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    webhooks: field(2, list(MutatingWebhook, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }), {
      doc: 'The webhooks.',
    }),
  },
  {
    doc: 'Webhooks that may change objects before they are stored.',
    gvk: { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'MutatingWebhookConfiguration' },
  },
);
export interface MutatingWebhookConfiguration extends TypeOf<typeof MutatingWebhookConfiguration> {}

export const mutatingWebhookConfigurations = defineResource({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  singular: 'mutatingwebhookconfiguration',
  namespaced: false,
  verbs: allVerbs,
  categories: ['api-extensions'],
  schema: MutatingWebhookConfiguration,
});
