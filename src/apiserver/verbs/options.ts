/** The query parameters of writes: dryRun, fieldManager, fieldValidation, checked and worded as upstream has it. */

import { invalidError } from '#machinery/api-error.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { invalid, notSupported, tooLong } from '#machinery/validation/field-error.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface WriteOptions {
  readonly dryRun: boolean;
  /** Empty: not given; the user agent names the manager then. */
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
}

export const fieldManagerBytesMax = 128;

export type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions';

/** Throws 422. */
export function writeOptions(query: URLSearchParams, kind: OptionsKind): WriteOptions {
  const dryRuns = query.getAll('dryRun');
  const fieldManager = query.get('fieldManager') ?? '';
  const validation = query.get('fieldValidation') ?? '';
  const errors = [...dryRunErrors(dryRuns), ...managerErrors(fieldManager), ...validationErrors(validation)];
  if (errors.length > 0) throw invalidError({ group: 'meta.k8s.io', kind }, '', errors);
  return {
    dryRun: dryRuns.includes('All'),
    fieldManager,
    fieldValidation: validation === '' ? 'Warn' : (validation as FieldValidation),
  };
}

export function dryRunErrors(values: readonly string[]): FieldError[] {
  if (values.every(each => each === 'All')) return [];
  return [notSupported('dryRun', values, ['All'])];
}

export function managerErrors(fieldManager: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(fieldManager) > fieldManagerBytesMax)
    errors.push(tooLong('fieldManager', fieldManagerBytesMax));
  const bad = [...fieldManager].findIndex(character => /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character));
  if (bad >= 0) {
    const code = fieldManager.codePointAt(bad) ?? 0;
    const shown = code.toString(16).toUpperCase().padStart(4, '0');
    errors.push(invalid('fieldManager', fieldManager, `invalid character U+${shown} (at position ${bad})`));
  }
  return errors;
}

function validationErrors(value: string): FieldError[] {
  const supported = ['', 'Ignore', 'Strict', 'Warn'];
  return supported.includes(value) ? [] : [notSupported('fieldValidation', value, supported)];
}

/** Who owns what a write sets: the manager named, or the user agent up to its first slash. */
export function managerName(options: Pick<WriteOptions, 'fieldManager'>, userAgent: string): string {
  if (options.fieldManager !== '') return options.fieldManager;
  const slash = userAgent.indexOf('/');
  const name = slash < 0 ? userAgent : userAgent.slice(0, slash);
  return printable(name).slice(0, fieldManagerBytesMax);
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '');
}

/** `fieldValidation` of a request whose options are not checked otherwise. */
export function fieldValidationOf(query: URLSearchParams): FieldValidation {
  const value = query.get('fieldValidation');
  return value === 'Strict' || value === 'Ignore' ? value : 'Warn';
}
