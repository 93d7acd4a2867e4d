/** Webhook configurations, mutating and validating (upstream: registry/admissionregistration, pkg/apis/…/validation). */

import {
  type MutatingWebhook,
  type MutatingWebhookConfiguration,
  mutatingWebhookConfigurations,
} from '#api/admissionregistration/mutating-webhook-configuration.ts';
import {
  type ValidatingWebhook,
  type ValidatingWebhookConfiguration,
  validatingWebhookConfigurations,
} from '#api/admissionregistration/validating-webhook-configuration.ts';
import { inspectRules } from '#apiserver/resources/admissionregistration/rules.ts';
import { inspectClientConfig } from '#apiserver/resources/admissionregistration/webhook-client.ts';
import { ageColumn, integerColumn, nameColumn } from '#apiserver/resources/columns.ts';
import { addProblems, metadataAgain } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { validateFullyQualifiedName } from '#machinery/validation/addresses.ts';
import {
  duplicate,
  type FieldError,
  type FieldErrors,
  invalid,
  notSupported,
  required,
  tooMany,
} from '#machinery/validation/field-error.ts';
import { validateLabelSelector } from '#machinery/validation/label-selector.ts';
import { checkDns1035Label, checkQualifiedName } from '#machinery/validation/names.ts';

type Webhook = MutatingWebhook & ValidatingWebhook;
type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;

const versions = ['v1', 'v1beta1'];
const conditionsMax = 64;
const timeoutSecondsMax = 30;

export const mutatingWebhookConfigurationStrategy =
  strategyOf<MutatingWebhookConfiguration>(mutatingWebhookConfigurations);
export const validatingWebhookConfigurationStrategy = strategyOf<ValidatingWebhookConfiguration>(
  validatingWebhookConfigurations,
);

function strategyOf<T extends Configuration>(resource: Strategy<T>['resource']): Strategy<T> {
  return {
    resource,
    hasGeneration: true,
    wantedOf: ({ webhooks }) => webhooks,
    validateCreate: validate,
    validateUpdate: object => [...metadataAgain(object.metadata, false), ...validate(object)],
    columns: [nameColumn, integerColumn<T>('Webhooks', ({ webhooks }) => webhooks?.length), ageColumn],
  };
}

function validate({ webhooks = [] }: Configuration): FieldErrors {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [at, webhook] of (webhooks as readonly Webhook[]).entries()) {
    const path = `webhooks[${at}]`;
    inspectWebhook(webhook, path, errors);
    const { name = '' } = webhook;
    if (name === '') continue;
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
  }
  return errors;
}

function inspectWebhook(webhook: Webhook, path: string, errors: FieldError[]): void {
  errors.push(...validateFullyQualifiedName(`${path}.name`, webhook.name ?? ''));
  errors.push(...validateLabelSelector(webhook.namespaceSelector, `${path}.namespaceSelector`));
  errors.push(...validateLabelSelector(webhook.objectSelector, `${path}.objectSelector`));
  const oneOf = (field: 'failurePolicy' | 'matchPolicy' | 'reinvocationPolicy', supported: readonly string[]) => {
    const value = webhook[field];
    if (value !== undefined && !supported.includes(value))
      errors.push(notSupported(`${path}.${field}`, value, supported));
  };
  oneOf('failurePolicy', ['Fail', 'Ignore']);
  oneOf('matchPolicy', ['Equivalent', 'Exact']);
  oneOf('reinvocationPolicy', ['IfNeeded', 'Never']);
  inspectSideEffects(webhook.sideEffects, `${path}.sideEffects`, errors);
  const { timeoutSeconds: seconds } = webhook;
  if (seconds !== undefined && (seconds < 1 || seconds > timeoutSecondsMax)) {
    const why = `the timeout value must be between 1 and ${timeoutSecondsMax} seconds`;
    errors.push(invalid(`${path}.timeoutSeconds`, seconds, why));
  }
  inspectRules(webhook.rules ?? [], `${path}.rules`, errors);
  inspectClientConfig(webhook.clientConfig, `${path}.clientConfig`, errors);
  inspectVersions(webhook.admissionReviewVersions ?? [], `${path}.admissionReviewVersions`, errors);
  inspectConditions(webhook.matchConditions ?? [], `${path}.matchConditions`, errors);
}

function inspectSideEffects(value: string | undefined, path: string, errors: FieldError[]): void {
  if (value === undefined) errors.push(required(path, 'must specify one of None, NoneOnDryRun'));
  else if (value !== 'None' && value !== 'NoneOnDryRun')
    errors.push(notSupported(path, value, ['None', 'NoneOnDryRun']));
}

/** The reviews it understands; one of them must be ours. */
export function inspectVersions(given: readonly string[], path: string, errors: FieldError[]): void {
  if (given.length === 0) {
    errors.push(required(path, `must specify one of ${versions.join(', ')}`));
    return;
  }
  const seen = new Set<string>();
  let knows = false;
  for (const [at, version] of given.entries()) {
    if (seen.has(version)) {
      errors.push(invalid(`${path}[${at}]`, version, 'duplicate version'));
      continue;
    }
    seen.add(version);
    addProblems(errors, `${path}[${at}]`, version, checkDns1035Label(version));
    knows ||= versions.includes(version);
  }
  if (!knows) errors.push(invalid(path, given, `must include at least one of ${versions.join(', ')}`));
}

interface Condition {
  readonly name?: string;
  readonly expression?: string;
}

export function inspectConditions(conditions: readonly Condition[], path: string, errors: FieldError[]): void {
  if (conditions.length > conditionsMax) errors.push(tooMany(path, conditions.length, conditionsMax));
  const names = new Set<string>();
  for (const [at, { name = '', expression = '' }] of conditions.entries()) {
    const own = `${path}[${at}]`;
    if (expression.trim() === '') errors.push(required(`${own}.expression`));
    if (name === '') errors.push(required(`${own}.name`));
    else {
      addProblems(errors, `${own}.name`, name, checkQualifiedName(name));
      if (names.has(name)) errors.push(duplicate(`${own}.name`, name));
    }
    names.add(name);
  }
}
