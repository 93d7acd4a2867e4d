/** ControllerRevisions: what a StatefulSet or DaemonSet was at some time, and never changes. */

import { isDeepStrictEqual } from 'node:util';
import type { ControllerRevision } from '#api/apps/controller-revision.ts';
import { controllerRevisions } from '#api/apps/controller-revision.ts';
import { ageColumn, countColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { immutable, inspectAtLeastZero } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { parseApiVersion } from '#machinery/resource.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { invalid, required } from '#machinery/validation/field-error.ts';

export const controllerRevisionStrategy: Strategy<ControllerRevision> = {
  resource: controllerRevisions,
  validateCreate: validate,
  validateUpdate: (revision, old) => [
    ...(isDeepStrictEqual(revision.data, old.data) ? [] : [invalid('data', revision.data, immutable)]),
  ],
  columns: [
    nameColumn,
    textColumn('Controller', owner),
    countColumn('Revision', ({ revision }) => revision),
    ageColumn,
  ],
};

function validate({ data, revision }: ControllerRevision): FieldError[] {
  const errors: FieldError[] = [];
  if (data === undefined || data === null) errors.push(required('data', 'data is mandatory'));
  else if (typeof data !== 'object' || Array.isArray(data)) {
    errors.push(required('data', 'data must be a valid JSON object'));
  }
  inspectAtLeastZero(revision, 'revision', errors);
  return errors;
}

/** `statefulset.apps/web`. */
function owner({ metadata }: ControllerRevision): string {
  const controller = metadata?.ownerReferences?.find(reference => reference.controller);
  if (!controller) return '<none>';
  const { group } = parseApiVersion(controller.apiVersion);
  const kind = controller.kind.toLowerCase();
  return `${group === '' ? kind : `${kind}.${group}`}/${controller.name}`;
}
