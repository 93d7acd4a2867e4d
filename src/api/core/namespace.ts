import { ObjectMeta } from '#machinery/meta.ts';
import { defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, string, struct, time } from '#machinery/schema.ts';

export const NamespaceSpec = struct(
  'io.k8s.api.core.v1.NamespaceSpec',
  {
    finalizers: field(1, list(string), {
      enum: ['kubernetes'],
      doc: 'What must be removed before the namespace can go.',
    }),
  },
  { doc: 'What holds the namespace.' },
);
export interface NamespaceSpec extends TypeOf<typeof NamespaceSpec> {}

export const NamespaceCondition = struct(
  'io.k8s.api.core.v1.NamespaceCondition',
  {
    type: always(1, string, {
      required: true,
      enum: [
        'NamespaceDeletionDiscoveryFailure',
        'NamespaceDeletionContentFailure',
        'NamespaceDeletionGroupVersionParsingFailure',
        'NamespaceContentRemaining',
        'NamespaceFinalizersRemaining',
      ],
      doc: 'What the condition is about.',
    }),
    status: always(2, string, {
      required: true,
      enum: ['True', 'False', 'Unknown'],
      doc: 'Whether it holds: True, False or Unknown.',
    }),
    lastTransitionTime: always(4, time, { doc: 'When the status last changed.' }),
    reason: field(5, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(6, string, { doc: 'A sentence that says why, for people.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface NamespaceCondition extends TypeOf<typeof NamespaceCondition> {}

export const NamespaceStatus = struct(
  'io.k8s.api.core.v1.NamespaceStatus',
  {
    phase: field(1, string, {
      default: 'Active',
      enum: ['Active', 'Terminating'],
      doc: 'Active, or Terminating while it is emptied.',
    }),
    conditions: field(
      2,
      list(NamespaceCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
      { doc: 'What is true of it now, mostly why it does not end.' },
    ),
  },
  { doc: 'What is observed of the namespace.' },
);
export interface NamespaceStatus extends TypeOf<typeof NamespaceStatus> {}

export const Namespace = struct(
  'io.k8s.api.core.v1.Namespace',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, NamespaceSpec),
    status: always(3, NamespaceStatus),
  },
  {
    doc: 'A space of names. Deleting it deletes all that is in it.',
    gvk: { group: '', version: 'v1', kind: 'Namespace' },
    // A label that selectors can name a namespace by.
    defaults: namespace => {
      const name = namespace.metadata?.name;
      if (name)
        namespace.metadata = {
          ...namespace.metadata,
          labels: { ...namespace.metadata?.labels, 'kubernetes.io/metadata.name': name },
        };
    },
  },
);
export interface Namespace extends TypeOf<typeof Namespace> {}

export const namespaces = defineResource({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  namespaced: false,
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  shortNames: ['ns'],
  subresources: {
    finalize: { verbs: ['update'] },
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: Namespace,
});
