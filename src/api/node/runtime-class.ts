import { Toleration } from '#api/core/scheduling.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, map, optional, quantity, string, struct } from '#machinery/schema.ts';

export const Overhead = struct(
  'io.k8s.api.node.v1.Overhead',
  {
    podFixed: field(1, map(quantity), { doc: 'How much of each resource.' }),
  },
  { doc: 'What running a Pod costs besides its containers.' },
);
export interface Overhead extends TypeOf<typeof Overhead> {}

export const Scheduling = struct(
  'io.k8s.api.node.v1.Scheduling',
  {
    nodeSelector: field(1, map(string, { atomic: true }), { doc: "Labels that such nodes have, added to the Pod's." }),
    tolerations: field(2, list(Toleration), { doc: "Taints to put up with there, added to the Pod's." }),
  },
  { doc: 'Nodes that have the handler.' },
);
export interface Scheduling extends TypeOf<typeof Scheduling> {}

export const RuntimeClass = struct(
  'io.k8s.api.node.v1.RuntimeClass',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    handler: always(2, string, { required: true, doc: 'Name of the handler on the node. Cannot change.' }),
    overhead: optional(3, Overhead, { doc: 'What running a Pod costs besides its containers.' }),
    scheduling: optional(4, Scheduling, { doc: 'Nodes that have the handler. All if absent.' }),
  },
  { doc: 'A way to run containers.', gvk: { group: 'node.k8s.io', version: 'v1', kind: 'RuntimeClass' } },
);
export interface RuntimeClass extends TypeOf<typeof RuntimeClass> {}

export const runtimeClasses = defineResource({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  singular: 'runtimeclass',
  namespaced: false,
  verbs: allVerbs,
  schema: RuntimeClass,
});
