import { DeleteOptions, ObjectMeta } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, optional, string, struct } from '#machinery/schema.ts';

export const Eviction = struct(
  'io.k8s.api.policy.v1.Eviction',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    deleteOptions: optional(2, DeleteOptions, { doc: 'How the Pod is deleted.' }),
  },
  { doc: 'Asks for a Pod to go, if the budgets allow it.', gvk: { group: 'policy', version: 'v1', kind: 'Eviction' } },
);
export interface Eviction extends TypeOf<typeof Eviction> {}
