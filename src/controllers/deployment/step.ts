/** What one step of a Deployment works on and with. */

import type { Deployment } from '#api/apps/deployment.ts';
import type { ReplicaSet } from '#api/apps/replica-set.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Client } from '#client/client.ts';
import type { Stored } from '#client/object.ts';
import type { Sets } from '#controllers/deployment/replica-sets.ts';
import type { Clock } from '#lib/clock.ts';
import type { EventRecorder } from '#loop/events.ts';

export interface SyncDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly podsOf: (owned: Sets) => Stored<Pod>[];
}

/** What a step works on. `deployment` and the sets are replaced by what the server made of them after each write. */
export interface Step extends SyncDeps {
  deployment: Stored<Deployment>;
  newSet: Stored<ReplicaSet> | undefined;
  old: Stored<ReplicaSet>[];
}
