/** The variables a container is given. */

import type { EnvFromSource, EnvVar } from '#api/core/env.ts';
import {
  environmentFields,
  inspectFieldReference,
  inspectResourceReference,
} from '#apiserver/resources/core/pod-references.ts';
import { inspectLocalPath } from '#apiserver/resources/core/volume-sources.ts';
import { addProblems } from '#apiserver/resources/messages.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { invalid, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import {
  checkConfigMapKey,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkEnvVarName,
} from '#machinery/validation/names.ts';

export function inspectEnv(variables: readonly EnvVar[], path: FieldPath, errors: FieldError[]): void {
  variables.forEach((variable, i) => {
    const at = `${path}[${i}]`;
    if (variable.name === '') errors.push(required(`${at}.name`));
    else addProblems(errors, `${at}.name`, variable.name, checkEnvVarName(variable.name));
    if (variable.valueFrom) inspectValueFrom(variable, `${at}.valueFrom`, errors);
  });
}

const valueSources: Readonly<Record<string, (reference: AnyJson, path: FieldPath, errors: FieldError[]) => void>> = {
  fieldRef: (reference, path, errors) => inspectFieldReference(reference, environmentFields, path, errors),
  resourceFieldRef: (reference, path, errors) => inspectResourceReference(reference, false, path, errors),
  configMapKeyRef: inspectKeyReference,
  secretKeyRef: inspectKeyReference,
  fileKeyRef: inspectFileReference,
};

function inspectValueFrom(variable: EnvVar, path: FieldPath, errors: FieldError[]): void {
  let count = 0;
  for (const [name, inspect] of Object.entries(valueSources)) {
    const reference = (variable.valueFrom as AnyJson)[name];
    if (!reference) continue;
    count++;
    inspect(reference, `${path}.${name}`, errors);
  }
  if (count === 0) {
    const problem =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    errors.push(invalid(path, '', problem));
  } else if (variable.value) errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  else if (count > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
}

function inspectKeyReference(reference: AnyJson, path: FieldPath, errors: FieldError[]): void {
  const { name = '', key = '' } = reference;
  addProblems(errors, `${path}.name`, name, checkDns1123Subdomain(name));
  if (key === '') errors.push(required(`${path}.key`));
  else addProblems(errors, `${path}.key`, key, checkConfigMapKey(key));
}

function inspectFileReference(reference: AnyJson, path: FieldPath, errors: FieldError[]): void {
  const { volumeName = '', path: file = '', key = '' } = reference;
  if (volumeName === '') errors.push(required(`${path}.volumeName`));
  else addProblems(errors, `${path}.volumeName`, volumeName, checkDns1123Label(volumeName));
  if (file === '') errors.push(required(`${path}.path`));
  else inspectLocalPath(file, `${path}.path`, errors);
  if (key === '') errors.push(required(`${path}.key`));
  else addProblems(errors, `${path}.key`, key, checkEnvVarName(key));
}

export function inspectEnvFrom(sources: readonly EnvFromSource[], path: FieldPath, errors: FieldError[]): void {
  sources.forEach((source, i) => {
    const at = `${path}[${i}]`;
    if (source.prefix) addProblems(errors, `${at}.prefix`, source.prefix, checkEnvVarName(source.prefix));
    for (const kind of ['configMapRef', 'secretRef'] as const) {
      const reference = source[kind];
      if (!reference) continue;
      if (!reference.name) errors.push(required(`${at}.${kind}.name`));
      else addProblems(errors, `${at}.${kind}.name`, reference.name, checkDns1123Subdomain(reference.name));
    }
    if (!source.configMapRef && !source.secretRef) {
      errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (source.configMapRef && source.secretRef) {
      errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
    }
  });
}
