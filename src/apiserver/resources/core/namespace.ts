/** Namespaces: held by spec.finalizers until the namespace controller has emptied them (upstream: registry/core/namespace). */

import { type Namespace, namespaces } from '#api/core/namespace.ts';
import { ageColumn } from '#apiserver/resources/columns.ts';
import { addProblems } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { clusterFieldsOf } from '#machinery/selector/field-selector.ts';
import type { FieldError, FieldErrors } from '#machinery/validation/field-error.ts';
import { invalid } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkQualifiedName, nameIsDnsLabel } from '#machinery/validation/names.ts';

const nameLabel = 'kubernetes.io/metadata.name';
const ownFinalizer = 'kubernetes';
const standardFinalizers = [ownFinalizer, 'orphan', 'foregroundDeletion'];

/** Every namespace carries its name as a label, so that selectors can choose it. */
function setNameLabel({ metadata }: Namespace): void {
  if (metadata?.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
}

function inspectFinalizer(finalizer: string, path: FieldPath, errors: FieldError[]): void {
  addProblems(errors, path, finalizer, checkQualifiedName(finalizer));
  if (finalizer.includes('/') || standardFinalizers.includes(finalizer)) return;
  errors.push(invalid(path, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'));
}

function validateFinalizers({ spec }: Namespace): FieldErrors {
  const errors: FieldError[] = [];
  for (const finalizer of spec?.finalizers ?? []) inspectFinalizer(finalizer, 'spec.finalizers', errors);
  return errors;
}

function validateFinalize({ spec }: Namespace): FieldErrors {
  const errors: FieldError[] = [];
  for (const [at, finalizer] of (spec?.finalizers ?? []).entries())
    inspectFinalizer(finalizer, `spec.finalizers[${at}]`, errors);
  return errors;
}

function validateStatus({ status }: Namespace, { metadata }: Namespace): FieldErrors {
  const isDeleted = metadata?.deletionTimestamp !== undefined;
  const expected = isDeleted ? 'Terminating' : 'Active';
  if (status?.phase === expected) return [];
  const why = `may only be '${expected}' if \`deletionTimestamp\` is ${isDeleted ? 'not ' : ''}empty`;
  return [invalid('status.Phase', status?.phase ?? '', why)];
}

export const namespaceStrategy: Strategy<Namespace> = {
  resource: namespaces,
  validateName: nameIsDnsLabel,
  prepareCreate(namespace) {
    namespace.status = { phase: 'Active' };
    const finalizers = namespace.spec?.finalizers ?? [];
    namespace.spec = { finalizers: finalizers.includes(ownFinalizer) ? finalizers : [...finalizers, ownFinalizer] };
    setNameLabel(namespace);
  },
  validateCreate: validateFinalizers,
  validateUpdate: validateFinalizers,
  prepareUpdate(namespace, old) {
    namespace.spec = { ...namespace.spec, finalizers: old.spec?.finalizers };
    namespace.status = old.status;
    setNameLabel(namespace);
  },
  subresources: {
    status: {
      validateUpdate: validateStatus,
      prepareUpdate(namespace, old) {
        namespace.spec = { ...namespace.spec, finalizers: old.spec?.finalizers };
      },
    },
    finalize: {
      validateUpdate: validateFinalize,
      prepareUpdate(namespace, old) {
        namespace.status = old.status;
      },
    },
  },
  resetFields: subresource => (subresource === 'finalize' ? [['status']] : undefined),
  holdsDeletion: ({ spec }) => (spec?.finalizers?.length ?? 0) > 0,
  beginDeletion(namespace) {
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  },
  returnsDeleted: true,
  fieldRules: clusterFieldsOf(['status.phase']),
  selectableFields: ({ status }) => ({ 'status.phase': status?.phase ?? '' }),
  columns: [
    { name: 'Name', type: 'string', format: 'name', cell: ({ metadata }) => metadata?.name ?? '' },
    { name: 'Status', type: 'string', cell: ({ status }) => status?.phase ?? '' },
    ageColumn,
  ],
};
