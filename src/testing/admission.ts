/** Requests for tests of admission plugins. */

import type { AdmissionRequest } from '#apiserver/admission/admission.ts';
import { makeUser } from '#apiserver/authn/user.ts';

export interface TestRequest extends AdmissionRequest {
  readonly warnings: string[];
}

/** A CREATE of a Pod by a user of no importance, unless it says otherwise; the object may be changed by the plugin. */
export function admissionRequest(parts: Partial<AdmissionRequest>): TestRequest {
  const warnings: string[] = [];
  const metadata = (parts.object ?? parts.old)?.metadata ?? {};
  return {
    operation: 'CREATE',
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource: '',
    kind: 'Pod',
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    object: undefined,
    old: undefined,
    user: makeUser({ name: 'jane', groups: ['system:authenticated'] }),
    dryRun: false,
    warn: text => warnings.push(text),
    warnings,
    ...parts,
  };
}

export function nodeUser(node: string) {
  return makeUser({ name: `system:node:${node}`, groups: ['system:nodes', 'system:authenticated'] });
}
