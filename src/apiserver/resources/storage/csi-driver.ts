/** CSIDrivers (upstream: registry/storage/csidriver). */

import { type CSIDriver, type CSIDriverSpec, csiDrivers } from '#api/storage/csi-driver.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { immutableErrors } from '#apiserver/resources/immutable.ts';
import { metadataAgain } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import {
  duplicate,
  type FieldError,
  type FieldErrors,
  invalid,
  notSupported,
} from '#machinery/validation/field-error.ts';

const fsGroupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType'];
const modes = ['Persistent', 'Ephemeral'];
const tokenSecondsMin = 600;
const tokenSecondsMax = 2 ** 32;
const updateSecondsMin = 10;
const secretsField = 'spec.serviceAccountTokenInSecrets';

export const csiDriverStrategy: Strategy<CSIDriver> = {
  resource: csiDrivers,
  returnsDeleted: true,
  hasGeneration: false,
  prepareUpdate(driver, old) {
    // It starts to count with the first change of what may change.
    const counted = ({ spec = {} }: CSIDriver) =>
      JSON.stringify([
        spec.tokenRequests,
        spec.requiresRepublish,
        spec.seLinuxMount,
        spec.podInfoOnMount,
        spec.storageCapacity,
        spec.fsGroupPolicy,
        spec.nodeAllocatableUpdatePeriodSeconds,
        spec.serviceAccountTokenInSecrets,
      ]);
    if (counted(driver) === counted(old) || driver.metadata === undefined) return;
    driver.metadata.generation = Number(old.metadata?.generation ?? 0) + 1;
  },
  validateCreate: ({ spec = {} }) => validate(spec),
  validateUpdate: (driver, old) => [
    ...metadataAgain(driver.metadata, false),
    ...validate(driver.spec ?? {}),
    ...immutableErrors('spec.attachedRequired', driver.spec?.attachRequired, old.spec?.attachRequired),
    ...immutableErrors('spec.volumeLifecycleModes', driver.spec?.volumeLifecycleModes, old.spec?.volumeLifecycleModes),
  ],
  warnOnCreate: ({ spec }) => warnings(spec),
  columns: [
    nameColumn,
    { name: 'AttachRequired', type: 'boolean', cell: ({ spec }) => spec?.attachRequired ?? true },
    { name: 'PodInfoOnMount', type: 'boolean', cell: ({ spec }) => spec?.podInfoOnMount ?? false },
    { name: 'StorageCapacity', type: 'boolean', cell: ({ spec }) => spec?.storageCapacity ?? false },
    textColumn<CSIDriver>('TokenRequests', ({ spec }) =>
      spec?.tokenRequests === undefined ? '<unset>' : spec.tokenRequests.map(({ audience }) => audience).join(','),
    ),
    { name: 'RequiresRepublish', type: 'boolean', cell: ({ spec }) => spec?.requiresRepublish ?? false },
    textColumn<CSIDriver>('Modes', ({ spec }) => (spec?.volumeLifecycleModes ?? []).join(',') || '<none>'),
    ageColumn,
  ],
};

function warnings(spec: CSIDriverSpec = {}): readonly string[] {
  if (!spec.tokenRequests?.length || spec.serviceAccountTokenInSecrets !== undefined) return [];
  const advice =
    'if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes';
  return [`${secretsField} is unset; ${advice}`];
}

function validate(spec: CSIDriverSpec): FieldErrors {
  const errors: FieldError[] = [];
  const { fsGroupPolicy, tokenRequests = [], volumeLifecycleModes = [], serviceAccountTokenInSecrets } = spec;
  if (fsGroupPolicy !== undefined && !fsGroupPolicies.includes(fsGroupPolicy)) {
    errors.push(notSupported('spec.fsGroupPolicy', fsGroupPolicy, fsGroupPolicies));
  }
  const audiences = new Set<string>();
  for (const [at, { audience = '', expirationSeconds: seconds }] of tokenRequests.entries()) {
    const path = `spec.tokenRequests[${at}]`;
    if (audiences.has(audience)) errors.push(duplicate(`${path}.audience`, audience));
    audiences.add(audience);
    if (seconds === undefined) continue;
    const own = `${path}.expirationSeconds`;
    if (seconds < tokenSecondsMin)
      errors.push(invalid(own, seconds, 'may not specify a duration less than 10 minutes'));
    if (seconds > tokenSecondsMax)
      errors.push(invalid(own, seconds, 'may not specify a duration larger than 2^32 seconds'));
  }
  for (const mode of volumeLifecycleModes) {
    if (!modes.includes(mode)) errors.push(notSupported('spec.volumeLifecycleModes', mode, modes));
  }
  const period = spec.nodeAllocatableUpdatePeriodSeconds;
  if (period !== undefined && period < updateSecondsMin) {
    const why = `must be greater than or equal to ${updateSecondsMin} seconds`;
    errors.push(invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, why));
  }
  if (serviceAccountTokenInSecrets === true && tokenRequests.length === 0) {
    errors.push(invalid(secretsField, true, 'serviceAccountTokenInSecrets is set but no tokenRequests are specified'));
  }
  return errors;
}
