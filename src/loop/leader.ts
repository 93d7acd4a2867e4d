/**
 * One leader among several candidates, by a Lease. A candidate that sees the Lease unrenewed for the lease duration on its
 * own clock takes it; a leader that cannot renew within the renew deadline stops leading before anyone can take over.
 */

import type { Lease } from '#api/coordination/lease.ts';
import { leases } from '#api/coordination/lease.ts';
import { isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { Stored } from '#client/object.ts';
import type { Clock } from '#lib/clock.ts';
import { rfc3339Micro, sleep } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Random } from '#lib/random.ts';

export interface LeaderOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly namespace: string;
  readonly name: string;
  /** Who this candidate is, unique among all. */
  readonly identity: string;
  readonly signal: AbortSignal;
  /** Called on becoming the leader; the signal is aborted when leadership is lost or the candidate stops. */
  readonly onLeading: (signal: AbortSignal) => void;
}

const leaseMs = 15_000;
const renewDeadlineMs = 10_000;
const retryMs = 2_000;

/** Stands for election until the signal is aborted; resolves then, with the Lease given back. */
export async function standForLeader(options: LeaderOptions): Promise<void> {
  const { clock, random, signal } = options;
  const candidate = new Candidate(options);
  while (!signal.aborted) {
    if (await candidate.tryHold()) await lead(candidate, options);
    else await sleep(clock, retryMs * (1 + 0.2 * random.next()), signal).catch(() => {});
  }
}

async function lead(candidate: Candidate, { clock, log, signal, identity, onLeading }: LeaderOptions): Promise<void> {
  const leading = new AbortController();
  log.info('became the leader', { identity });
  onLeading(leading.signal);
  let renewedMs = clock.monotonicMs();
  while (!signal.aborted && clock.monotonicMs() - renewedMs < renewDeadlineMs) {
    await sleep(clock, retryMs, signal).catch(() => {});
    if (!signal.aborted && (await candidate.tryHold())) renewedMs = clock.monotonicMs();
  }
  leading.abort(new Error('no longer the leader'));
  if (signal.aborted) await candidate.giveBack();
  else log.warn('lost the leadership', { identity });
}

class Candidate {
  readonly #options: LeaderOptions;
  #seen: Stored<Lease> | undefined;
  /** When this candidate saw the Lease change last, on its own clock: clocks of machines differ. */
  #seenMs = 0;

  constructor(options: LeaderOptions) {
    this.#options = options;
  }

  async tryHold(): Promise<boolean> {
    try {
      return await this.#hold();
    } catch (error) {
      this.#options.log.debug('could not write the lease', { error: String(error) });
      return false;
    }
  }

  async #hold(): Promise<boolean> {
    const { client, clock, identity, namespace, name } = this.#options;
    const now = rfc3339Micro(clock.nowMs());
    const mine = { holderIdentity: identity, leaseDurationSeconds: leaseMs / 1000, renewTime: now };
    const old = await this.#read();
    if (old === undefined) {
      const spec = { ...mine, acquireTime: now, leaseTransitions: 0 };
      this.#remember(await client.create(leases, { metadata: { namespace, name }, spec }));
      return true;
    }
    const holder = old.spec.holderIdentity;
    const alive = clock.monotonicMs() - this.#seenMs < (old.spec.leaseDurationSeconds ?? 15) * 1000;
    if (holder && holder !== identity && alive) return false;
    const taken =
      holder === identity ? {} : { acquireTime: now, leaseTransitions: (old.spec.leaseTransitions ?? 0) + 1 };
    this.#remember(await client.update(leases, { ...old, spec: { ...old.spec, ...mine, ...taken } }));
    return true;
  }

  async giveBack(): Promise<void> {
    const { client, clock, identity } = this.#options;
    if (this.#seen?.spec.holderIdentity !== identity) return;
    const spec = {
      ...this.#seen.spec,
      holderIdentity: '',
      leaseDurationSeconds: 1,
      renewTime: rfc3339Micro(clock.nowMs()),
    };
    await client.update(leases, { ...this.#seen, spec }).catch(() => {});
  }

  async #read(): Promise<Stored<Lease> | undefined> {
    const { client, namespace, name } = this.#options;
    try {
      const lease = await client.get(leases, { namespace, name });
      if (lease.metadata.resourceVersion !== this.#seen?.metadata.resourceVersion) this.#remember(lease);
      return lease;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #remember(lease: Stored<Lease>): void {
    this.#seen = lease;
    this.#seenMs = this.#options.clock.monotonicMs();
  }
}
