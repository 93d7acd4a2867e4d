/** What admission is told about a request. */

import type { AdmissionRequest, Operation } from '#apiserver/admission/admission.ts';
import type { ResourceRequest } from '#apiserver/request.ts';
import { warn } from '#apiserver/warning.ts';
import type { AnyJson } from '#machinery/schema.ts';

export function admissionRequest(
  request: ResourceRequest,
  operation: Operation,
  object: AnyJson,
  old: AnyJson,
  dryRun: boolean,
  options?: AnyJson,
): AdmissionRequest {
  const { info, served, user } = request;
  const { resource } = served;
  return {
    operation,
    group: resource.group,
    version: resource.version,
    resource: resource.plural,
    subresource: info.subresource,
    kind: resource.kind,
    namespace: resource.plural === 'namespaces' && resource.group === '' ? info.name : info.namespace,
    name: info.name !== '' ? info.name : (object?.metadata?.name ?? ''),
    object,
    old,
    options,
    user,
    dryRun,
    warn: text => warn(request, text),
  };
}
