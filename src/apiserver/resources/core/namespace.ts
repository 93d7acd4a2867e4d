/** Namespaces: held by spec.finalizers until the namespace controller has emptied them (upstream: registry/core/namespace). */

import { type Namespace, namespaces } from '#api/core/namespace.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { fieldsOf } from '#machinery/selector/field-selector.ts';
import { nameIsDnsLabel } from '#machinery/validation/names.ts';

const nameLabel = 'kubernetes.io/metadata.name';
const ownFinalizer = 'kubernetes';

/** Every namespace carries its name as a label, so that selectors can choose it. */
function setNameLabel({ metadata }: Namespace): void {
  if (metadata?.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
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
  prepareUpdate(namespace, old) {
    namespace.spec = { ...namespace.spec, finalizers: old.spec?.finalizers };
    namespace.status = old.status;
    setNameLabel(namespace);
  },
  subresources: {
    status: {
      prepareUpdate(namespace, old) {
        namespace.spec = { ...namespace.spec, finalizers: old.spec?.finalizers };
      },
    },
    finalize: {
      prepareUpdate(namespace, old) {
        namespace.status = old.status;
      },
    },
  },
  holdsDeletion: ({ spec }) => (spec?.finalizers?.length ?? 0) > 0,
  beginDeletion(namespace) {
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  },
  returnsDeleted: true,
  fieldRules: fieldsOf(['status.phase']),
  selectableFields: ({ status }) => ({ 'status.phase': status?.phase ?? '' }),
  columns: [
    { name: 'Name', type: 'string', format: 'name', cell: ({ metadata }) => metadata?.name ?? '' },
    { name: 'Status', type: 'string', cell: ({ status }) => status?.phase ?? '' },
  ],
};
