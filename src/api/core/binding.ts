import { ObjectReference } from '#api/core/references.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, string, struct } from '#machinery/schema.ts';

export const Binding = struct(
  'io.k8s.api.core.v1.Binding',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    target: always(2, ObjectReference, { required: true, doc: 'The node.' }),
  },
  { doc: 'Ties a Pod to the node that it is to run on.', gvk: { group: '', version: 'v1', kind: 'Binding' } },
);
export interface Binding extends TypeOf<typeof Binding> {}

export const bindings = defineResource({
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  singular: 'binding',
  namespaced: true,
  verbs: ['create'],
  schema: Binding,
});
