/** StorageClasses (upstream: registry/storage/storageclass). */

import type { TopologySelectorTerm } from '#api/core/references.ts';
import { type StorageClass, storageClasses } from '#api/storage/storage-class.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { immutableErrors } from '#apiserver/resources/immutable.ts';
import { addProblems, metadataAgain } from '#apiserver/resources/messages.ts';
import { inspectParameters } from '#apiserver/resources/storage/parameters.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import {
  duplicate,
  type FieldError,
  type FieldErrors,
  fieldErrorsMax,
  notSupported,
  required,
} from '#machinery/validation/field-error.ts';
import { checkQualifiedName } from '#machinery/validation/names.ts';
import { validateLabelName } from '#machinery/validation/object-meta.ts';

const bindingModes = ['Immediate', 'WaitForFirstConsumer'];
const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

export const storageClassStrategy: Strategy<StorageClass> = {
  resource: storageClasses,
  returnsDeleted: true,
  validateCreate: validate,
  validateUpdate: (object, old) => [
    ...metadataAgain(object.metadata, false),
    ...validate(object),
    ...immutableErrors('parameters', object.parameters, old.parameters),
    ...immutableErrors('provisioner', object.provisioner ?? '', old.provisioner ?? ''),
    ...immutableErrors('reclaimPolicy', object.reclaimPolicy, old.reclaimPolicy),
    ...immutableErrors('volumeBindingMode', object.volumeBindingMode, old.volumeBindingMode),
  ],
  columns: [
    { ...nameColumn, cell: printedName },
    textColumn<StorageClass>('Provisioner', ({ provisioner }) => provisioner),
    textColumn<StorageClass>('ReclaimPolicy', ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete'),
    textColumn<StorageClass>('VolumeBindingMode', ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate'),
    { name: 'AllowVolumeExpansion', type: 'string', cell: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false },
    ageColumn,
  ],
};

function printedName({ metadata }: StorageClass): string {
  const isDefault = defaultAnnotations.some(each => metadata?.annotations?.[each] === 'true');
  return `${metadata?.name ?? ''}${isDefault ? ' (default)' : ''}`;
}

function validate(object: StorageClass): FieldErrors {
  const { provisioner = '', parameters, reclaimPolicy, volumeBindingMode: mode, allowedTopologies = [] } = object;
  const errors: FieldError[] = [];
  if (provisioner === '') errors.push(required('provisioner'));
  else {
    const name = provisioner.toLowerCase();
    addProblems(errors, 'provisioner', name, checkQualifiedName(name));
  }
  inspectParameters(parameters ?? {}, 'parameters', errors);
  if (reclaimPolicy && reclaimPolicy !== 'Delete' && reclaimPolicy !== 'Retain') {
    errors.push(notSupported('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain']));
  }
  if (mode === undefined) errors.push(required('volumeBindingMode'));
  else if (!bindingModes.includes(mode)) errors.push(notSupported('volumeBindingMode', mode, bindingModes));
  inspectTopologies(allowedTopologies, errors);
  return errors;
}

/** Terms that select the same are of no use. */
function inspectTopologies(terms: readonly TopologySelectorTerm[], errors: FieldError[]): void {
  const seen = new Map<string, number>();
  for (const [at, term] of terms.entries()) {
    const matchLabelExpressions = term.matchLabelExpressions ?? [];
    const path = `allowedTopologies[${at}].matchLabelExpressions`;
    const byKey = new Map<string, readonly string[]>();
    for (const [index, expression] of matchLabelExpressions.entries()) {
      const { key = '' } = expression;
      const values = expression.values ?? [];
      const own = `${path}[${index}]`;
      if (values.length === 0) errors.push(required(`${own}.values`));
      const known = new Set<string>();
      for (const [position, value] of values.entries()) {
        if (known.has(value)) errors.push(duplicate(`${own}.values[${position}]`, value));
        known.add(value);
      }
      errors.push(...validateLabelName(key, `${own}.key`));
      if (byKey.has(key)) errors.push(duplicate(`${own}.key`, key));
      byKey.set(key, [...values].sort());
    }
    // Upstream counts a term that selects nothing as often as there are terms.
    const selection = JSON.stringify([...byKey].sort(([a], [b]) => (a < b ? -1 : 1)));
    const sameBefore = seen.get(selection) ?? 0;
    const times = sameBefore + (byKey.size === 0 ? terms.length : 0);
    for (let count = 0; count < times && errors.length < fieldErrorsMax; count++) errors.push(duplicate(path, ''));
    seen.set(selection, sameBefore + 1);
  }
}
