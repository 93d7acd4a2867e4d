/** The rules of `metadata`, the same for every kind (k8s.io/apimachinery/pkg/api/validation). */

import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from '#machinery/meta.ts';
import { parseApiVersion } from '#machinery/resource.ts';
import type { FieldError, FieldErrors } from '#machinery/validation/field-error.ts';
import { fieldErrorsMax, forbidden, invalid, quote, required, tooLong } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { child, index } from '#machinery/validation/field-path.ts';
import {
  checkDns1123Label,
  checkLabelValue,
  checkPathSegmentName,
  checkQualifiedName,
  nameIsDnsSubdomain,
} from '#machinery/validation/names.ts';

export interface ObjectMetaRules {
  readonly namespaced: boolean;
  /** How the name must look: a DNS subdomain unless said otherwise. */
  readonly validateName?: (name: string, isPrefix: boolean) => readonly string[];
  /** The object exists: its name was looked at when it was made, and only has to fit into a path. */
  readonly update?: boolean;
  /** Finalizers without a domain must be among upstream's own. Custom resources may have any. */
  readonly finalizersNeedDomain?: boolean;
  readonly path?: FieldPath;
}

const annotationsBytesMax = 256 * 1024;
const managerBytesMax = 128;
const subresourceBytesMax = 256;
const immutable = 'field is immutable';

/** The whole of metadata, names included. On an update both this and `validateObjectMetaUpdate` apply. */
export function validateObjectMeta(meta: ObjectMeta, rules: ObjectMetaRules): FieldErrors {
  const { namespaced, path = 'metadata', finalizersNeedDomain = true } = rules;
  const validateName = rules.update ? checkPathSegmentName : (rules.validateName ?? nameIsDnsSubdomain);
  const errors: FieldError[] = [];
  const { name = '', generateName = '', namespace = '', generation = 0, finalizers = [] } = meta;
  if (generateName !== '') {
    for (const problem of validateName(generateName, true)) {
      errors.push(invalid(child(path, 'generateName'), generateName, problem));
    }
  }
  if (name === '') errors.push(required(child(path, 'name'), 'name or generateName is required'));
  else for (const problem of validateName(name, false)) errors.push(invalid(child(path, 'name'), name, problem));
  if (!namespaced) {
    if (namespace !== '') errors.push(forbidden(child(path, 'namespace'), 'not allowed on this type'));
  } else if (namespace === '') errors.push(required(child(path, 'namespace')));
  else {
    for (const problem of checkDns1123Label(namespace))
      errors.push(invalid(child(path, 'namespace'), namespace, problem));
  }
  if (generation < 0) {
    errors.push(invalid(child(path, 'generation'), generation, 'must be greater than or equal to 0'));
  }
  return [
    ...errors,
    ...validateCommon(meta, path, () => validateFinalizers(finalizers, child(path, 'finalizers'))),
    ...(finalizersNeedDomain ? validateFinalizerDomains(finalizers, child(path, 'finalizers')) : []),
  ];
}

/** What may not change, and the parts that upstream looks at once more. The verb has checked the resourceVersion. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, path: FieldPath = 'metadata'): FieldErrors {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) {
    const known = new Set(old.finalizers);
    const added = [...new Set(meta.finalizers ?? [])].filter(finalizer => !known.has(finalizer));
    if (added.length > 0) {
      const shown = `[]string{${added.sort().map(quote).join(', ')}}`;
      const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`;
      errors.push(forbidden(child(path, 'finalizers'), detail));
    }
  }
  if (Number(meta.generation ?? 0) < Number(old.generation ?? 0)) {
    errors.push(invalid(child(path, 'generation'), meta.generation ?? 0, 'must not be decremented'));
  }
  for (const name of ['name', 'namespace', 'uid'] as const) {
    if ((meta[name] ?? '') !== (old[name] ?? '')) errors.push(invalid(child(path, name), meta[name] ?? '', immutable));
  }
  for (const name of ['creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    if (meta[name] !== old[name]) errors.push(invalid(child(path, name), meta[name], immutable));
  }
  return [...errors, ...validateCommon(meta, path, () => [])];
}

function validateCommon(meta: ObjectMeta, path: FieldPath, finalizers: () => FieldErrors): FieldErrors {
  const { labels, annotations, ownerReferences, managedFields } = meta;
  return [
    ...(labels === undefined ? [] : validateLabels(labels, child(path, 'labels'))),
    ...(annotations === undefined ? [] : validateAnnotations(annotations, child(path, 'annotations'))),
    ...(ownerReferences === undefined ? [] : validateOwnerReferences(ownerReferences, child(path, 'ownerReferences'))),
    ...finalizers(),
    ...(managedFields === undefined ? [] : validateManagedFields(managedFields, child(path, 'managedFields'))),
  ];
}

export function validateLabels(labels: Readonly<Record<string, string>>, path: FieldPath): FieldErrors {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels)) {
    if (errors.length >= fieldErrorsMax) break;
    errors.push(...validateLabelName(key, path));
    for (const problem of checkLabelValue(value)) errors.push(invalid(path, value, problem));
  }
  return errors;
}

export function validateLabelName(name: string, path: FieldPath): FieldErrors {
  return checkQualifiedName(name).map(problem => invalid(path, name, problem));
}

/** Keys as labels have them, capitals allowed; 256 KiB in all. */
export function validateAnnotations(annotations: Readonly<Record<string, string>>, path: FieldPath): FieldErrors {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    if (errors.length < fieldErrorsMax) {
      for (const problem of checkQualifiedName(key.toLowerCase())) errors.push(invalid(path, key, problem));
    }
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > annotationsBytesMax) errors.push(tooLong(path, annotationsBytesMax));
  return errors;
}

function validateOwnerReferences(owners: readonly OwnerReference[], path: FieldPath): FieldErrors {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const owner of owners) {
    errors.push(...validateOwnerReference(owner, path));
    if (owner.controller !== true) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller === undefined) controller = name;
    else {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(invalid(path, owners, detail));
    }
  }
  return errors;
}

function validateOwnerReference(owner: OwnerReference, path: FieldPath): FieldErrors {
  const errors: FieldError[] = [];
  const apiVersion = owner.apiVersion ?? '';
  const isOne = apiVersion.split('/').length <= 2;
  const { group, version } = isOne ? parseApiVersion(apiVersion) : { group: '', version: '' };
  if (version === '') errors.push(invalid(child(path, 'apiVersion'), apiVersion, 'version must not be empty'));
  for (const name of ['kind', 'name', 'uid'] as const) {
    if ((owner[name] ?? '') === '') errors.push(invalid(child(path, name), '', 'must not be empty'));
  }
  if (group === '' && version === 'v1' && owner.kind === 'Event') {
    errors.push(invalid(path, owner, '/v1, Kind=Event is disallowed from being an owner'));
  }
  return errors;
}

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

function validateFinalizers(finalizers: readonly string[], path: FieldPath): FieldErrors {
  const errors = finalizers.flatMap(finalizer => validateLabelName(finalizer, path));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return errors;
}

function validateFinalizerDomains(finalizers: readonly string[], path: FieldPath): FieldErrors {
  const detail = 'name is neither a standard finalizer name nor is it fully qualified';
  return finalizers.flatMap((finalizer, position) =>
    finalizer.includes('/') || standardFinalizers.has(finalizer)
      ? []
      : [invalid(index(path, position), finalizer, detail)],
  );
}

export function validateManagedFields(entries: readonly ManagedFieldsEntry[], path: FieldPath): FieldErrors {
  const errors: FieldError[] = [];
  for (const [position, entry] of entries.entries()) {
    const at = index(path, position);
    const { operation = '', fieldsType = '', manager = '', subresource = '' } = entry;
    if (operation !== 'Apply' && operation !== 'Update') {
      errors.push(invalid(child(at, 'operation'), operation, 'must be `Apply` or `Update`'));
    }
    if (fieldsType !== '' && fieldsType !== 'FieldsV1') {
      errors.push(invalid(child(at, 'fieldsType'), fieldsType, 'must be `FieldsV1`'));
    }
    errors.push(...validateFieldManager(manager, child(at, 'manager')));
    if (Buffer.byteLength(subresource) > subresourceBytesMax) {
      errors.push(tooLong(child(at, 'subresource'), subresourceBytesMax));
    }
  }
  return errors;
}

/** Letters, marks, numbers, punctuation, symbols and the space: what Go calls printable. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

export function validateFieldManager(manager: string, path: FieldPath): FieldErrors {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > managerBytesMax) errors.push(tooLong(path, managerBytesMax));
  let position = 0;
  for (const character of manager) {
    if (errors.length >= fieldErrorsMax) break;
    if (!printable.test(character)) {
      const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
      errors.push(invalid(path, manager, `invalid character U+${code} (at position ${position})`));
    }
    position += Buffer.byteLength(character);
  }
  return errors;
}
