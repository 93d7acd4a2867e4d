/** ConfigMaps (upstream: registry/core/configmap). */

import { isDeepStrictEqual } from 'node:util';
import { type ConfigMap, configMaps } from '#api/core/config-map.ts';
import { ageColumn, nameColumn } from '#apiserver/resources/columns.ts';
import { addProblems, metadataAgain } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { type FieldError, type FieldErrors, forbidden, invalid, tooLong } from '#machinery/validation/field-error.ts';
import { checkConfigMapKey } from '#machinery/validation/names.ts';

/** So that a ConfigMap or Secret fits into a node's memory many times. */
export const bagBytesMax = 1 << 20;

export const frozen = 'field is immutable when `immutable` is set';

export const configMapStrategy: Strategy<ConfigMap> = {
  resource: configMaps,
  validateCreate: validate,
  validateUpdate: (map, old) => [
    ...metadataAgain(map.metadata, true),
    ...frozenErrors(map, old, ['data', 'binaryData']),
    ...validate(map),
  ],
  columns: [
    nameColumn,
    {
      name: 'Data',
      type: 'string',
      cell: ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length,
    },
    ageColumn,
  ],
};

function validate({ data = {}, binaryData = {} }: ConfigMap): FieldErrors {
  const errors: FieldError[] = [];
  let bytes = 0;
  const check = (name: string, own: Readonly<Record<string, string>>, other: object, otherName: string) => {
    for (const key of Object.keys(own)) {
      addProblems(errors, `${name}[${key}]`, key, checkConfigMapKey(key));
      if (Object.hasOwn(other, key)) {
        errors.push(invalid(`${name}[${key}]`, key, `duplicate of key present in ${otherName}`));
      }
    }
  };
  check('data', data, binaryData, 'binaryData');
  check('binaryData', binaryData, data, 'data');
  for (const text of Object.values(data)) bytes += Buffer.byteLength(text);
  for (const base64 of Object.values(binaryData)) bytes += Buffer.byteLength(base64, 'base64');
  if (bytes > bagBytesMax) errors.push(tooLong('[]', bagBytesMax));
  return errors;
}

/** Once immutable, always immutable, and so are these fields. */
export function frozenErrors<T extends { immutable?: boolean | undefined }>(
  object: T,
  old: T,
  fields: readonly (keyof T & string)[],
): FieldErrors {
  if (old.immutable !== true) return [];
  return [
    ...(object.immutable === true ? [] : [forbidden('immutable', frozen)]),
    ...fields.filter(field => !isDeepStrictEqual(object[field], old[field])).map(field => forbidden(field, frozen)),
  ];
}
