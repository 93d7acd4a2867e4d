/** The spec of a claim: of a PersistentVolumeClaim, of a StatefulSet's claims, of a Pod's ephemeral volume. */

import type { PersistentVolumeClaimSpec } from '#api/core/persistent-volume-claim-spec.ts';
import { aboveZero, addProblems } from '#apiserver/resources/messages.ts';
import { parseQuantity } from '#machinery/quantity.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { forbidden, invalid, invalidShown, notSupported, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { validateLabelSelector } from '#machinery/validation/label-selector.ts';
import { checkDns1123Subdomain, nameIsDnsSubdomain } from '#machinery/validation/names.ts';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const volumeModes = ['Block', 'Filesystem'];

/** How a volume is used; `ReadWriteOncePod` shuts out every other way. */
export function inspectAccessModes(modes: readonly string[], path: FieldPath, errors: FieldError[]): void {
  for (const mode of modes) if (!accessModes.includes(mode)) errors.push(notSupported(path, mode, accessModes));
  const others = modes.filter(mode => accessModes.includes(mode) && mode !== 'ReadWriteOncePod');
  if (modes.includes('ReadWriteOncePod') && others.length > 0) {
    errors.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'));
  }
}

export function inspectClaimSpec(spec: PersistentVolumeClaimSpec, path: FieldPath, errors: FieldError[]): void {
  const modes = spec.accessModes ?? [];
  if (modes.length === 0) errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'));
  errors.push(...validateLabelSelector(spec.selector, `${path}.selector`));
  inspectAccessModes(modes, `${path}.accessModes`, errors);
  const storage = spec.resources?.requests?.['storage'];
  if (storage === undefined) errors.push(required(`${path}.resources[storage]`));
  else if (parseQuantity(storage).sign <= 0) errors.push(invalid(`${path}.resources[storage]`, storage, aboveZero));
  if (spec.storageClassName) {
    addProblems(errors, `${path}.storageClassName`, spec.storageClassName, nameIsDnsSubdomain(spec.storageClassName));
  }
  if (spec.volumeMode !== undefined && !volumeModes.includes(spec.volumeMode)) {
    errors.push(notSupported(`${path}.volumeMode`, spec.volumeMode, volumeModes));
  }
  if (spec.dataSource) inspectSource(spec.dataSource, `${path}.dataSource`, errors);
  if (spec.dataSourceRef) inspectSource(spec.dataSourceRef, `${path}.dataSourceRef`, errors);
  inspectSameSource(spec, path, errors);
  if (spec.volumeAttributesClassName) {
    const name = spec.volumeAttributesClassName;
    addProblems(errors, `${path}.volumeAttributesClassName`, name, nameIsDnsSubdomain(name));
  }
}

interface DataSource {
  readonly apiGroup?: string | null | undefined;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
}

function inspectSource({ apiGroup: given, kind, name }: DataSource, path: FieldPath, errors: FieldError[]): void {
  const apiGroup = given ?? '';
  if (name === '') errors.push(required(`${path}.name`));
  if (kind === '') errors.push(required(`${path}.kind`));
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim') {
    errors.push(invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  }
  if (apiGroup !== '') addProblems(errors, `${path}.apiGroup`, apiGroup, checkDns1123Subdomain(apiGroup));
}

/** The old field and the new one say the same. */
function inspectSameSource(spec: PersistentVolumeClaimSpec, path: FieldPath, errors: FieldError[]): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSourceRef?.namespace !== undefined && dataSourceRef.namespace !== '') {
    if (dataSource) {
      errors.push(invalidShown(path, '{}', 'may not be specified when dataSourceRef.namespace is specified'));
    }
    return;
  }
  if (!dataSource || !dataSourceRef) return;
  const same =
    (dataSource.apiGroup ?? '') === (dataSourceRef.apiGroup ?? '') &&
    dataSource.kind === dataSourceRef.kind &&
    dataSource.name === dataSourceRef.name;
  if (!same) errors.push(invalidShown(path, '{}', 'must match dataSourceRef'));
}

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** `RWO,ROX`, each once, in one order. */
export function shownModes(modes: readonly string[] = []): string {
  return Object.entries(shortModes)
    .filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(',');
}
