/** PersistentVolumeClaims. */

import { isDeepStrictEqual } from 'node:util';
import type { PersistentVolumeClaim } from '#api/core/persistent-volume-claim.ts';
import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import { PersistentVolumeClaimSpec } from '#api/core/persistent-volume-claim-spec.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { inspectClaimSpec, shownModes } from '#apiserver/resources/core/persistent-volume-claim-spec.ts';
import { roundAmounts } from '#apiserver/resources/core/pod-preparation.ts';
import { fractionalWarnings } from '#apiserver/resources/core/pod-warnings.ts';
import { internalDiff } from '#apiserver/resources/internal-form.ts';
import { immutable } from '#apiserver/resources/messages.ts';
import { keepStatus, statusRules } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { canonical } from '#machinery/codec/decode.ts';
import { gateIsOn } from '#machinery/gates.ts';
import { parseQuantity } from '#machinery/quantity.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { forbidden, invalid } from '#machinery/validation/field-error.ts';

const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

export const persistentVolumeClaimStrategy: Strategy<PersistentVolumeClaim> = {
  resource: persistentVolumeClaims,
  returnsDeleted: true,
  prepareCreate(claim) {
    claim.status = { phase: 'Pending' };
    if (claim.spec) prepareSpec(claim.spec, true);
  },
  validateCreate: validateClaim,
  warnOnCreate: warnings,
  prepareUpdate(claim, old) {
    keepStatus(claim, old);
    if (!claim.spec) return;
    prepareSpec(claim.spec, !old.spec?.dataSource && !old.spec?.dataSourceRef);
    claim.spec = canonical(PersistentVolumeClaimSpec, claim.spec);
  },
  validateUpdate,
  warnOnUpdate: warnings,
  subresources: { status: statusRules() },
  columns: [
    nameColumn,
    textColumn('Status', ({ metadata, status }) => (metadata?.deletionTimestamp ? 'Terminating' : status?.phase)),
    textColumn('Volume', ({ spec }) => spec?.volumeName),
    textColumn('Capacity', ({ spec, status }) => (spec?.volumeName ? (status?.capacity?.['storage'] ?? '0') : '')),
    textColumn('Access Modes', ({ spec, status }) => (spec?.volumeName ? shownModes(status?.accessModes) : '')),
    textColumn(
      'StorageClass',
      ({ metadata, spec }) => metadata?.annotations?.[classAnnotation] ?? spec?.storageClassName,
    ),
    textColumn('VolumeAttributesClass', ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>'),
    ageColumn,
    textColumn('VolumeMode', ({ spec }) => spec?.volumeMode ?? '<unset>', 1),
  ],
};

/** A source that the old field cannot name is dropped from it; then the old field and the new one say the same. */
function prepareSpec(spec: PersistentVolumeClaimSpec, isNewSource: boolean): void {
  roundAmounts(spec.resources?.requests);
  roundAmounts(spec.resources?.limits);
  // A source of another namespace waits for its gate; without it, it is none.
  if (spec.dataSourceRef?.namespace && !gateIsOn('CrossNamespaceVolumeDataSource')) delete spec.dataSourceRef;
  if (isNewSource && spec.dataSource && !isOldSource(spec.dataSource)) delete spec.dataSource;
  const { dataSource, dataSourceRef } = spec;
  if (dataSourceRef?.namespace) return;
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  else if (dataSourceRef && !dataSource) {
    const { apiGroup, kind, name } = dataSourceRef;
    spec.dataSource = { apiGroup, kind, name };
  }
}

function isOldSource({ apiGroup, kind }: NonNullable<PersistentVolumeClaimSpec['dataSource']>): boolean {
  const group = apiGroup ?? '';
  return (
    (kind === 'PersistentVolumeClaim' && group === '') ||
    (kind === 'VolumeSnapshot' && group === 'snapshot.storage.k8s.io')
  );
}

function warnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  return [
    ...(metadata?.annotations?.[classAnnotation] === undefined
      ? []
      : [`metadata.annotations[${classAnnotation}]: deprecated since v1.8; use "storageClassName" attribute instead`]),
    ...fractionalWarnings(spec?.resources?.requests, 'spec.resources.requests'),
    ...fractionalWarnings(spec?.resources?.limits, 'spec.resources.limits'),
  ];
}

function validateClaim(claim: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = [];
  inspectClaimSpec(claim.spec ?? {}, 'spec', errors);
  return errors;
}

function validateUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const errors = validateClaim(claim);
  const spec = claim.spec as PersistentVolumeClaimSpec;
  const before = old.spec as PersistentVolumeClaimSpec;
  const [then, now] = fixedParts(before, spec, claim.status?.phase === 'Bound');
  if (!isDeepStrictEqual(now, then)) {
    const rule =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    errors.push(forbidden('spec', `${rule}\n${internalDiff(PersistentVolumeClaimSpec, then, now)}`));
  }
  inspectSize(spec, before, claim, errors);
  if (spec.volumeMode !== before.volumeMode) errors.push(invalid('volumeMode', spec.volumeMode, immutable));
  inspectAttributesClass(spec, before, old, errors);
  return errors;
}

/** Both specs without what may differ: a volume's name once, a class given later, of bound claims size and attributes. */
function fixedParts(
  before: PersistentVolumeClaimSpec,
  spec: PersistentVolumeClaimSpec,
  isBound: boolean,
): [AnyJson, AnyJson] {
  const then: AnyJson = { ...before };
  const now: AnyJson = { ...spec };
  if (!before.volumeName && spec.volumeName) then.volumeName = spec.volumeName;
  if (before.storageClassName === undefined) delete now.storageClassName;
  if (!isBound) return [then, now];
  const storage = before.resources?.requests?.['storage'];
  if (spec.resources?.requests && storage !== undefined) {
    now.resources = { ...spec.resources, requests: { ...spec.resources.requests, storage } };
  }
  if (before.volumeAttributesClassName === undefined) delete now.volumeAttributesClassName;
  else now.volumeAttributesClassName = before.volumeAttributesClassName;
  return [then, now];
}

/** A claim whose growth failed may shrink again, but not below what it has. */
function inspectSize(
  spec: PersistentVolumeClaimSpec,
  before: PersistentVolumeClaimSpec,
  claim: PersistentVolumeClaim,
  errors: FieldError[],
): void {
  const now = parseQuantity(spec.resources?.requests?.['storage'] ?? '0');
  const then = parseQuantity(before.resources?.requests?.['storage'] ?? '0');
  const has = claim.status?.capacity?.['storage'];
  if (now.compare(then) < 0 && (has === undefined || now.compare(parseQuantity(has)) <= 0)) {
    errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  }
}

function inspectAttributesClass(
  spec: PersistentVolumeClaimSpec,
  before: PersistentVolumeClaimSpec,
  old: PersistentVolumeClaim,
  errors: FieldError[],
): void {
  const now = spec.volumeAttributesClassName;
  if (now === before.volumeAttributesClassName || old.status?.currentVolumeAttributesClassName === undefined) return;
  if (now) return;
  const what = now === undefined ? 'nil' : 'empty string';
  const rule = `update to ${what} is forbidden when status.currentVolumeAttributesClassName is not nil`;
  errors.push(forbidden('spec.volumeAttributesClassName', rule));
}
