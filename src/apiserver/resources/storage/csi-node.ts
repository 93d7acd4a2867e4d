/** CSINodes (upstream: registry/storage/csinode). */

import { isDeepStrictEqual } from 'node:util';
import { type CSINode, CSINodeDriver, csiNodes } from '#api/storage/csi-node.ts';
import { ageColumn, integerColumn, nameColumn } from '#apiserver/resources/columns.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { addProblems, atLeastZero, immutable, metadataAgain } from '#apiserver/resources/messages.ts';
import { inspectDriverName } from '#apiserver/resources/storage/driver-name.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import {
  duplicate,
  type FieldError,
  type FieldErrors,
  invalid,
  invalidShown,
  required,
} from '#machinery/validation/field-error.ts';
import { checkQualifiedName } from '#machinery/validation/names.ts';

const nodeIdBytesMax = 256;

export const csiNodeStrategy: Strategy<CSINode> = {
  resource: csiNodes,
  returnsDeleted: true,
  validateCreate: validate,
  validateUpdate: (node, old) => [
    ...metadataAgain(node.metadata, false),
    ...validate(node),
    ...changeErrors(node, old),
  ],
  columns: [nameColumn, integerColumn<CSINode>('Drivers', ({ spec }) => spec?.drivers?.length), ageColumn],
};

/** A driver that stays is as it was, but for how many volumes it can hold. */
function changeErrors(node: CSINode, old: CSINode): FieldErrors {
  return (old.spec?.drivers ?? []).flatMap(before => {
    const now = node.spec?.drivers?.find(({ name }) => name === before.name);
    if (now === undefined || isDeepStrictEqual({ ...now, allocatable: 0 }, { ...before, allocatable: 0 })) return [];
    return [invalidShown('spec.drivers', internalJson(CSINodeDriver, { ...now, allocatable: undefined }), immutable)];
  });
}

function validate({ spec }: CSINode): FieldErrors {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [at, driver] of (spec?.drivers ?? []).entries()) {
    const path = `spec.drivers[${at}]`;
    const { name = '', nodeID = '', topologyKeys, allocatable } = driver;
    inspectDriverName(name, `${path}.name`, errors);
    if (nodeID === '') errors.push(required(`${path}.nodeID`));
    if (Buffer.byteLength(nodeID) > nodeIdBytesMax) {
      errors.push(invalid(`${path}.nodeID`, nodeID, `must be ${nodeIdBytesMax} characters or less`));
    }
    const count = allocatable?.count;
    if (count !== undefined && count < 0) errors.push(invalid(`${path}.allocatable.count`, count, atLeastZero));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    const keys = new Set<string>();
    for (const key of topologyKeys ?? []) {
      if (key === '') errors.push(required(path));
      if (keys.has(key)) errors.push(duplicate(path, key));
      keys.add(key);
      addProblems(errors, path, key, checkQualifiedName(key));
    }
  }
  return errors;
}
