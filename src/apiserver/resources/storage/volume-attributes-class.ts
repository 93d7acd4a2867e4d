/** VolumeAttributesClasses (upstream: registry/storage/volumeattributesclass). */

import { isDeepStrictEqual } from 'node:util';
import { type VolumeAttributesClass, volumeAttributesClasses } from '#api/storage/volume-attributes-class.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { addProblems, metadataAgain } from '#apiserver/resources/messages.ts';
import { inspectParameters } from '#apiserver/resources/storage/parameters.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { type FieldError, type FieldErrors, forbidden, required } from '#machinery/validation/field-error.ts';
import { checkQualifiedName } from '#machinery/validation/names.ts';

export const volumeAttributesClassStrategy: Strategy<VolumeAttributesClass> = {
  resource: volumeAttributesClasses,
  returnsDeleted: true,
  validateCreate: validate,
  validateUpdate: (object, old) => [
    ...metadataAgain(object.metadata, false),
    ...(object.driverName === old.driverName ? [] : [forbidden('driverName', 'updates to driverName are forbidden.')]),
    ...(isDeepStrictEqual(object.parameters, old.parameters)
      ? []
      : [forbidden('parameters', 'updates to parameters are forbidden.')]),
    ...validate(object),
  ],
  columns: [nameColumn, textColumn<VolumeAttributesClass>('DriverName', ({ driverName }) => driverName), ageColumn],
};

function validate({ driverName = '', parameters = {} }: VolumeAttributesClass): FieldErrors {
  const errors: FieldError[] = [];
  if (driverName === '') errors.push(required('driverName'));
  else addProblems(errors, 'driverName', driverName.toLowerCase(), checkQualifiedName(driverName.toLowerCase()));
  if (Object.keys(parameters).length === 0) {
    errors.push(required('parameters', 'must contain at least one key/value pair'));
  } else inspectParameters(parameters, 'parameters', errors);
  return errors;
}
