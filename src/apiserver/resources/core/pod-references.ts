/** What a container or file may say about its own Pod: fields (`metadata.name`) and resources (`limits.cpu`). */

import { addProblems } from '#apiserver/resources/messages.ts';
import { quantityOf } from '#machinery/quantity.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { invalid, notSupported, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkQualifiedName } from '#machinery/validation/names.ts';

export const environmentFields: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

export const volumeFields: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** All that can be named at all; what each place allows of it is listed above. */
const knownFields = new Set([
  ...environmentFields,
  ...volumeFields,
  'spec.host',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

const subscripted = /^(.+)\['(.*)'\]$/s;

export function inspectFieldReference(
  reference: AnyJson,
  allowed: readonly string[],
  path: FieldPath,
  errors: FieldError[],
): void {
  const { apiVersion = '', fieldPath = '' } = reference;
  if (apiVersion === '') errors.push(required(`${path}.apiVersion`));
  else if (fieldPath === '') errors.push(required(`${path}.fieldPath`));
  else {
    const problem = conversionProblem(apiVersion, fieldPath);
    if (problem !== undefined) {
      errors.push(invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${problem}`));
    } else inspectKnownField(fieldPath, allowed, path, errors);
  }
}

function conversionProblem(apiVersion: string, fieldPath: string): string | undefined {
  if (apiVersion !== 'v1') return `unsupported pod version: ${apiVersion}`;
  const parts = subscripted.exec(fieldPath);
  if (parts === null) return knownFields.has(fieldPath) ? undefined : `field label not supported: ${fieldPath}`;
  const isMap = parts[1] === 'metadata.annotations' || parts[1] === 'metadata.labels';
  return isMap ? undefined : `field label does not support subscript: ${fieldPath}`;
}

function inspectKnownField(fieldPath: string, allowed: readonly string[], path: FieldPath, errors: FieldError[]): void {
  const [, map, key = ''] = subscripted.exec(fieldPath) ?? [];
  if (map === 'metadata.annotations') addProblems(errors, path, key, checkQualifiedName(key.toLowerCase()));
  else if (map === 'metadata.labels') addProblems(errors, path, key, checkQualifiedName(key));
  else if (!allowed.includes(fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath)) {
    errors.push(notSupported(`${path}.fieldPath`, fieldPath, allowed));
  }
}

const resources: readonly string[] = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

/** A file must say whose resource it means; a variable may mean its own container's. */
export function inspectResourceReference(
  reference: AnyJson,
  needsContainer: boolean,
  path: FieldPath,
  errors: FieldError[],
): void {
  const { containerName = '', resource = '', divisor = '0' } = reference;
  if (needsContainer && containerName === '') errors.push(required(`${path}.containerName`));
  else if (resource === '') errors.push(required(`${path}.resource`));
  else if (!resources.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource)) {
    errors.push(notSupported(`${path}.resource`, resource, resources));
  }
  inspectDivisor(resource, divisor, path, errors);
}

const binaryDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

const divisors: readonly (readonly [resource: RegExp, allowed: readonly string[], called: string])[] = [
  [/^(limits|requests)\.cpu$/, ['1m', '1'], 'cpu'],
  [/^(limits|requests)\.memory$/, binaryDivisors, 'memory'],
  [/^(limits|requests)\.ephemeral-storage$/, binaryDivisors, 'local ephemeral storage'],
  [/^(limits|requests)\.hugepages-/, binaryDivisors, 'hugepages'],
];

function inspectDivisor(resource: string, divisor: string, path: FieldPath, errors: FieldError[]): void {
  if (quantityOf(divisor)?.sign === 0) return;
  const rule = divisors.find(([pattern]) => pattern.test(resource));
  if (rule === undefined || rule[1].includes(divisor)) return;
  const [, allowed, called] = rule;
  const list = called === 'cpu' ? '1m and 1' : allowed.join(', ');
  errors.push(
    invalid(`${path}.divisor`, resource, `only divisor's values ${list} are supported with the ${called} resource`),
  );
}
