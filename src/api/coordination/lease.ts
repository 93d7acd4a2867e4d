import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, microTime, optional, string, struct } from '#machinery/schema.ts';

export const LeaseSpec = struct('io.k8s.api.coordination.v1.LeaseSpec', {
  holderIdentity: optional(1, string),
  leaseDurationSeconds: optional(2, int32),
  acquireTime: optional(3, microTime),
  renewTime: optional(4, microTime),
  leaseTransitions: optional(5, int32),
  strategy: optional(6, string, { enum: ['OldestEmulationVersion'], gate: 'CoordinatedLeaderElection' }),
  preferredHolder: optional(7, string, { gate: 'CoordinatedLeaderElection' }),
});
export interface LeaseSpec extends TypeOf<typeof LeaseSpec> {}

export const Lease = struct(
  'io.k8s.api.coordination.v1.Lease',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, LeaseSpec),
  },
  { gvk: { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' } },
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
