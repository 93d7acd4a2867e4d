import { MatchCondition, RuleWithOperations, WebhookClientConfig } from '#api/admissionregistration/matching.ts';
import { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, list, optional, string, struct } from '#machinery/schema.ts';

export const ValidatingWebhook = struct('io.k8s.api.admissionregistration.v1.ValidatingWebhook', {
  name: always(1, string, { required: true }),
  clientConfig: always(2, WebhookClientConfig, { required: true }),
  rules: field(3, list(RuleWithOperations)),
  failurePolicy: optional(4, string, { default: 'Fail', enum: ['Ignore', 'Fail'] }),
  matchPolicy: optional(9, string, { default: 'Equivalent', enum: ['Exact', 'Equivalent'] }),
  namespaceSelector: optional(5, LabelSelector, { default: {} }),
  objectSelector: optional(10, LabelSelector, { default: {} }),
  sideEffects: optional(6, string, { enum: ['Unknown', 'None', 'Some', 'NoneOnDryRun'] }),
  timeoutSeconds: optional(7, int32, { default: 10 }),
  admissionReviewVersions: always(8, list(string), { required: true }),
  matchConditions: field(11, list(MatchCondition, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' })),
});
export interface ValidatingWebhook extends TypeOf<typeof ValidatingWebhook> {}

export const ValidatingWebhookConfiguration = struct(
  'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    webhooks: field(2, list(ValidatingWebhook, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' })),
  },
  { gvk: { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingWebhookConfiguration' } },
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
