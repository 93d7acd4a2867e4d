/** IngressClasses (upstream: registry/networking/ingressclass). */

import { type IngressClass, type IngressClassSpec, ingressClasses } from '#api/networking/ingress-class.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { immutableErrors } from '#apiserver/resources/immutable.ts';
import { addProblems, metadataAgain } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { validateDomainPrefixedPath } from '#machinery/validation/addresses.ts';
import {
  type FieldError,
  type FieldErrors,
  forbidden,
  notSupported,
  required,
  tooLong,
} from '#machinery/validation/field-error.ts';
import { checkDns1123Label, checkDns1123Subdomain, checkPathSegmentName } from '#machinery/validation/names.ts';

const controllerBytesMax = 250;

export const ingressClassStrategy: Strategy<IngressClass> = {
  resource: ingressClasses,
  hasGeneration: true,
  validateCreate: ({ spec = {} }) => validate(spec),
  validateUpdate: (object, old) => [
    ...metadataAgain(object.metadata, false),
    ...immutableErrors('spec.controller', object.spec?.controller ?? '', old.spec?.controller ?? ''),
    ...validate(object.spec ?? {}),
  ],
  columns: [
    nameColumn,
    textColumn<IngressClass>('Controller', ({ spec }) => spec?.controller),
    textColumn<IngressClass>('Parameters', ({ spec }) => printedParameters(spec?.parameters)),
    ageColumn,
  ],
};

function printedParameters(parameters: IngressClassSpec['parameters']): string {
  if (parameters === undefined) return '<none>';
  const { apiGroup, kind, name } = parameters;
  return `${kind}${apiGroup ? `.${apiGroup}` : ''}/${name}`;
}

function validate({ controller = '', parameters }: IngressClassSpec): FieldErrors {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(controller) > controllerBytesMax) errors.push(tooLong('spec.controller', controllerBytesMax));
  errors.push(...validateDomainPrefixedPath('spec.controller', controller));
  if (parameters === undefined) return errors;
  const path = 'spec.parameters';
  const { apiGroup, kind = '', name = '', scope, namespace } = parameters;
  if (apiGroup !== undefined) addProblems(errors, `${path}.apiGroup`, apiGroup, checkDns1123Subdomain(apiGroup));
  for (const [field, text] of Object.entries({ kind, name })) {
    if (text === '') errors.push(required(`${path}.${field}`));
    else addProblems(errors, `${path}.${field}`, text, checkPathSegmentName(text));
  }
  if (scope === undefined) {
    errors.push(required(`${path}.scope`));
    return errors;
  }
  if (scope === 'Namespace') {
    if (namespace === undefined) {
      errors.push(required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'"));
    } else addProblems(errors, `${path}.namespace`, namespace, checkDns1123Label(namespace));
  } else if (scope === 'Cluster') {
    if (namespace !== undefined) {
      errors.push(forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
    }
  } else errors.push(notSupported(`${path}.scope`, scope, ['Cluster', 'Namespace']));
  return errors;
}
