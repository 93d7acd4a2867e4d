/** Who stands in the way of an apply, worded as upstream words it. */

import { ApiError } from '#machinery/api-error.ts';
import type { FieldSet } from '#machinery/apply/field-set.ts';
import { difference, isEmptySet, pathsOf, shownPath, sorted, union } from '#machinery/apply/field-set.ts';
import type { Manager } from '#machinery/apply/managers.ts';

/** The fields of one manager that the applied configuration would change. */
export interface Conflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

/** All fields in conflict, whoever owns them. */
export function conflictingFields(conflicts: readonly Conflict[]): FieldSet {
  return conflicts.reduce<FieldSet>((all, { fields }) => union(all, fields), {});
}

/** Without the fields that may be taken over. */
export function conflictsWithout(conflicts: readonly Conflict[], allowed: FieldSet): Conflict[] {
  return conflicts
    .map(({ manager, fields }) => ({ manager, fields: difference(fields, allowed) }))
    .filter(({ fields }) => !isEmptySet(fields));
}

export function conflictError(conflicts: readonly Conflict[]): ApiError {
  const shown = conflicts
    .map(({ manager, fields }) => ({
      who: shownManager(manager),
      places: [...pathsOf(sorted(fields))].map(shownPath),
    }))
    .sort((a, b) => (a.who < b.who ? -1 : 1));
  const causes = shown.flatMap(({ who, places }) =>
    places.map(field => ({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field })),
  );
  const [only] = causes;
  const message =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${only!.message}: ${only!.field}`
      : `Apply failed with ${causes.length} conflicts: ${shown.flatMap(lines).join('\n')}`;
  return new ApiError('Conflict', message, { details: { causes } });
}

function lines({ who, places }: { who: string; places: readonly string[] }): string[] {
  return [`conflicts with ${who}:`, ...places.map(place => `- ${place}`)];
}

function shownManager({ name, operation, apiVersion, subresource }: Manager): string {
  const who = JSON.stringify(name) + (subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === 'Update' ? `${who} using ${apiVersion}` : who;
}
