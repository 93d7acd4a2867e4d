import { LocalObjectReference, ObjectReference } from '#api/core/references.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, list, optional, string, struct } from '#machinery/schema.ts';

export const ServiceAccount = struct(
  'io.k8s.api.core.v1.ServiceAccount',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    secrets: field(2, list(ObjectReference, { type: 'map', keys: ['name'], patch: ['merge'], mergeKey: 'name' }), {
      doc: 'Secrets that its Pods may use. Mostly unused.',
    }),
    imagePullSecrets: field(3, list(LocalObjectReference), { doc: 'Secrets for pulling images, given to its Pods.' }),
    automountServiceAccountToken: optional(4, boolean, {
      doc: 'Whether its Pods get a token. True if absent; a Pod may say otherwise.',
    }),
  },
  { doc: 'An identity for Pods.', gvk: { group: '', version: 'v1', kind: 'ServiceAccount' } },
);
export interface ServiceAccount extends TypeOf<typeof ServiceAccount> {}

export const serviceAccounts = defineResource({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['sa'],
  subresources: {
    token: { verbs: ['create'], gvk: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' } },
  },
  schema: ServiceAccount,
});
