import { ObjectMeta } from '#machinery/meta.ts';
import { defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, string, struct, time } from '#machinery/schema.ts';

export const NamespaceSpec = struct('io.k8s.api.core.v1.NamespaceSpec', {
  finalizers: field(1, list(string), { enum: ['kubernetes'] }),
});
export interface NamespaceSpec extends TypeOf<typeof NamespaceSpec> {}

export const NamespaceCondition = struct('io.k8s.api.core.v1.NamespaceCondition', {
  type: always(1, string, {
    required: true,
    enum: [
      'NamespaceDeletionDiscoveryFailure',
      'NamespaceDeletionContentFailure',
      'NamespaceDeletionGroupVersionParsingFailure',
      'NamespaceContentRemaining',
      'NamespaceFinalizersRemaining',
    ],
  }),
  status: always(2, string, { required: true, enum: ['True', 'False', 'Unknown'] }),
  lastTransitionTime: always(4, time),
  reason: field(5, string),
  message: field(6, string),
});
export interface NamespaceCondition extends TypeOf<typeof NamespaceCondition> {}

export const NamespaceStatus = struct('io.k8s.api.core.v1.NamespaceStatus', {
  phase: field(1, string, { default: 'Active', enum: ['Active', 'Terminating'] }),
  conditions: field(2, list(NamespaceCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' })),
});
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
