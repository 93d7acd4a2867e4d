import { MatchCondition, RuleWithOperations, WebhookClientConfig } from '#api/admissionregistration/matching.ts';
import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, list, optional, string, struct } from '#machinery/schema.ts';

export const ValidatingWebhook = struct(
  'io.k8s.api.admissionregistration.v1.ValidatingWebhook',
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
    objectSelector: optional(10, LabelSelector, {
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
    matchConditions: field(
      11,
      list(MatchCondition, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }),
      { doc: 'Conditions, all of which a request must meet.' },
    ),
  },
  { doc: 'A webhook that allows or refuses requests.' },
);
export interface ValidatingWebhook extends TypeOf<typeof ValidatingWebhook> {}

export const ValidatingWebhookConfiguration = struct(
  'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    webhooks: field(2, list(ValidatingWebhook, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }), {
      doc: 'The webhooks.',
    }),
  },
  {
    doc: 'Webhooks that allow or refuse requests.',
    gvk: { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingWebhookConfiguration' },
  },
);
export interface ValidatingWebhookConfiguration extends TypeOf<typeof ValidatingWebhookConfiguration> {}

export const validatingWebhookConfigurations = defineResource({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  singular: 'validatingwebhookconfiguration',
  namespaced: false,
  verbs: allVerbs,
  categories: ['api-extensions'],
  schema: ValidatingWebhookConfiguration,
});
