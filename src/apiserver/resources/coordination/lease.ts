/** Leases (upstream: registry/coordination/lease). */

import { type Lease, leases } from '#api/coordination/lease.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { inspectAtLeastZero, metadataAgain } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { type FieldError, type FieldErrors, invalid } from '#machinery/validation/field-error.ts';

export const leaseStrategy: Strategy<Lease> = {
  resource: leases,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  validateCreate: validate,
  validateUpdate: lease => [...metadataAgain(lease.metadata, true), ...validate(lease)],
  columns: [nameColumn, textColumn<Lease>('Holder', ({ spec }) => spec?.holderIdentity), ageColumn],
};

function validate({ spec = {} }: Lease): FieldErrors {
  const errors: FieldError[] = [];
  const { leaseDurationSeconds: seconds } = spec;
  if (seconds !== undefined && seconds <= 0) {
    errors.push(invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
  }
  inspectAtLeastZero(spec.leaseTransitions, 'spec.leaseTransitions', errors);
  return errors;
}
