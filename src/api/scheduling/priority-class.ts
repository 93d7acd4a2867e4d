import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, optional, string, struct } from '#machinery/schema.ts';

export const PriorityClass = struct(
  'io.k8s.api.scheduling.v1.PriorityClass',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    value: always(2, int32, { doc: 'The priority. Higher goes first. Cannot change.' }),
    globalDefault: field(3, boolean, { doc: 'Whether Pods without a class get this one. False if absent.' }),
    description: field(4, string, { doc: 'What the class is for.' }),
    preemptionPolicy: optional(5, string, {
      default: 'PreemptLowerPriority',
      doc: 'Never, or PreemptLowerPriority to make room. PreemptLowerPriority if absent.',
    }),
  },
  { doc: 'A priority by name.', gvk: { group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass' } },
);
export interface PriorityClass extends TypeOf<typeof PriorityClass> {}

export const priorityClasses = defineResource({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  singular: 'priorityclass',
  namespaced: false,
  verbs: allVerbs,
  shortNames: ['pc'],
  schema: PriorityClass,
});
