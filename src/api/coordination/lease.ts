import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, microTime, optional, string, struct } from '#machinery/schema.ts';

export const LeaseSpec = struct(
  'io.k8s.api.coordination.v1.LeaseSpec',
  {
    holderIdentity: optional(1, string, { doc: 'Who holds it. Nobody if absent.' }),
    leaseDurationSeconds: optional(2, int32, { doc: 'Seconds after renewTime until others may take it.' }),
    acquireTime: optional(3, microTime, { doc: 'When the holder took it.' }),
    renewTime: optional(4, microTime, { doc: 'When the holder last renewed it.' }),
    leaseTransitions: optional(5, int32, { doc: 'How often the holder has changed.' }),
    strategy: optional(6, string, {
      enum: ['OldestEmulationVersion'],
      gate: 'CoordinatedLeaderElection',
      doc: 'How a leader is chosen among candidates.',
    }),
    preferredHolder: optional(7, string, { gate: 'CoordinatedLeaderElection', doc: 'Who should take it next.' }),
  },
  { doc: 'Who holds the lease and how long.' },
);
export interface LeaseSpec extends TypeOf<typeof LeaseSpec> {}

export const Lease = struct(
  'io.k8s.api.coordination.v1.Lease',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, LeaseSpec),
  },
  {
    doc: 'Held by one at a time: for electing leaders and as a sign of life.',
    gvk: { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' },
  },
);
export interface Lease extends TypeOf<typeof Lease> {}

export const leases = defineResource({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  namespaced: true,
  verbs: allVerbs,
  schema: Lease,
});
