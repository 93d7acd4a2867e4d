/** Nothing is written into a namespace that is not there, nothing new into one that is being deleted. */

import type { Namespace } from '#api/core/namespace.ts';
import type { Admission, AdmissionRequest } from '#apiserver/admission/admission.ts';
import { refusal } from '#apiserver/admission/admission.ts';
import type { Objects } from '#apiserver/objects.ts';
import { notFoundError } from '#machinery/api-error.ts';

const immortal = ['default', 'kube-system', 'kube-public'];

export function namespaceLifecycle(namespaces: Objects<Namespace>): Admission {
  return {
    name: 'NamespaceLifecycle',
    handles: ({ operation, group, resource }) =>
      operation !== 'CONNECT' && !(group === 'authorization.k8s.io' && resource === 'localsubjectaccessreviews'),
    mutate(request) {
      if (request.operation === 'DELETE') return; // Left to validate: mutation has nothing to do with a deletion.
      if (request.namespace === '' || isNamespace(request)) return;
      const found = namespaces.get('', request.namespace);
      // It may have come a moment ago, through another server; that it is gone is worth a look too.
      if (found === undefined) return namespaces.latest('', request.namespace).then(latest => check(request, latest));
      check(request, found);
    },
    validate(request) {
      if (request.operation === 'DELETE' && isNamespace(request) && immortal.includes(request.name)) {
        throw refusal(request, 'this namespace may not be deleted');
      }
    },
  };
}

function isNamespace({ group, resource, subresource }: AdmissionRequest): boolean {
  return group === '' && resource === 'namespaces' && subresource === '';
}

function check(request: AdmissionRequest, namespace: Namespace | undefined): void {
  const name = request.namespace;
  if (namespace === undefined) throw notFoundError({ group: '', resource: 'namespaces' }, name);
  const terminating = namespace.status?.phase === 'Terminating' || namespace.metadata?.deletionTimestamp != null;
  if (request.operation !== 'CREATE' || !terminating) return;
  const why = `unable to create new content in namespace ${name} because it is being terminated`;
  const message = `namespace ${name} is being terminated`;
  throw refusal(request, why, [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }]);
}
