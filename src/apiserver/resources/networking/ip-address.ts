/** IPAddresses: each names an address that somebody has taken (upstream: registry/networking/ipaddress). */

import { type IPAddress, ipAddresses, ParentReference } from '#api/networking/ip-address.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { immutableErrors } from '#apiserver/resources/immutable.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { addProblems, metadataAgain } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { fieldsOf } from '#machinery/selector/field-selector.ts';
import { validateIp } from '#machinery/validation/addresses.ts';
import { type FieldError, type FieldErrors, required } from '#machinery/validation/field-error.ts';
import { checkDns1123Subdomain, checkPathSegmentName } from '#machinery/validation/names.ts';

export const ipAddressStrategy: Strategy<IPAddress> = {
  resource: ipAddresses,
  validateName: name => validateIp('', name).map(({ message }) => message.replace(/^Invalid value: ".*?": /, '')),
  validateCreate: validate,
  validateUpdate(object, old) {
    const shown = internalJson(ParentReference, object.spec?.parentRef);
    return [
      ...metadataAgain(object.metadata, false),
      ...validate(object),
      ...immutableErrors('spec.parentRef', object.spec?.parentRef, old.spec?.parentRef, shown),
    ];
  },
  fieldRules: fieldsOf(['spec.parentRef.name', 'spec.parentRef.namespace', 'spec.parentRef.resource']),
  selectableFields: ({ spec }) => ({
    'spec.parentRef.name': spec?.parentRef?.name ?? '',
    'spec.parentRef.namespace': spec?.parentRef?.namespace ?? '',
    'spec.parentRef.resource': spec?.parentRef?.resource ?? '',
  }),
  // Upstream prints an age that no column is declared for.
  columns: [nameColumn, textColumn<IPAddress>('ParentRef', printedParent), { ...ageColumn, undeclared: true }],
};

function printedParent({ spec }: IPAddress): string {
  if (spec?.parentRef === undefined) return '<none>';
  const { group, resource, namespace, name } = spec.parentRef;
  return `${resource}${group ? `.${group}` : ''}${namespace ? `/${namespace}` : ''}/${name}`;
}

function validate({ spec }: IPAddress): FieldErrors {
  const parent = spec?.parentRef;
  if (parent === undefined) return [required('spec.parentRef')];
  const errors: FieldError[] = [];
  const path = 'spec.parentRef';
  const { group = '', resource = '', namespace = '', name = '' } = parent;
  if (group !== '') addProblems(errors, `${path}.group`, group, checkDns1123Subdomain(group));
  const segment = (field: string, text: string, isNeeded: boolean) => {
    if (text !== '') addProblems(errors, `${path}.${field}`, text, checkPathSegmentName(text));
    else if (isNeeded) errors.push(required(`${path}.${field}`));
  };
  segment('resource', resource, true);
  segment('name', name, true);
  segment('namespace', namespace, false);
  return errors;
}
