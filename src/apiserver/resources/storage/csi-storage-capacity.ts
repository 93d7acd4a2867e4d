/** CSIStorageCapacities (upstream: registry/storage/csistoragecapacity). */

import { type CSIStorageCapacity, csiStorageCapacities } from '#api/storage/csi-storage-capacity.ts';
import { nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { immutableErrors } from '#apiserver/resources/immutable.ts';
import { addProblems, atLeastZero, metadataAgain } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { quantityOf } from '#machinery/quantity.ts';
import { type FieldError, type FieldErrors, invalid } from '#machinery/validation/field-error.ts';
import { validateLabelSelector } from '#machinery/validation/label-selector.ts';
import { nameIsDnsSubdomain } from '#machinery/validation/names.ts';

export const csiStorageCapacityStrategy: Strategy<CSIStorageCapacity> = {
  resource: csiStorageCapacities,
  validateCreate: validate,
  validateUpdate: (object, old) => [
    ...metadataAgain(object.metadata, true),
    ...validate(object),
    ...immutableErrors('nodeTopology', object.nodeTopology, old.nodeTopology),
    ...immutableErrors('storageClassName', object.storageClassName ?? '', old.storageClassName ?? ''),
  ],
  columns: [
    nameColumn,
    textColumn<CSIStorageCapacity>('StorageClassName', ({ storageClassName }) => storageClassName),
    textColumn<CSIStorageCapacity>('Capacity', ({ capacity }) => capacity ?? '<unset>'),
  ],
};

function validate({ nodeTopology, storageClassName = '', capacity }: CSIStorageCapacity): FieldErrors {
  const errors: FieldError[] = [...validateLabelSelector(nodeTopology, 'nodeTopology')];
  addProblems(errors, 'storageClassName', storageClassName, nameIsDnsSubdomain(storageClassName));
  if (capacity !== undefined && (quantityOf(capacity)?.sign ?? 0) < 0) {
    errors.push(invalid('capacity', capacity, atLeastZero));
  }
  return errors;
}
