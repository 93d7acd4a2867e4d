/**
 * Gives Pods their nodes. Decisions are taken one at a time and at once, over a table that informers keep up; what
 * follows from them (binding, saying why not) is written meanwhile.
 */

import type { Namespace } from '#api/core/namespace.ts';
import { namespaces } from '#api/core/namespace.ts';
import type { Node } from '#api/core/node.ts';
import { nodes } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { isPodTerminal } from '#api/core/pod-state.ts';
import type { PodDisruptionBudget } from '#api/policy/pod-disruption-budget.ts';
import { podDisruptionBudgets } from '#api/policy/pod-disruption-budget.ts';
import { isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { Informer, Informers } from '#client/informer.ts';
import type { Stored } from '#client/object.ts';
import { refOf } from '#client/object.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Random } from '#lib/random.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { bindVolumes } from '#scheduler/bind-volumes.ts';
import type { Decision } from '#scheduler/cycle.ts';
import { Cycle } from '#scheduler/cycle.ts';
import { fitMessage, noNodesMessage } from '#scheduler/diagnosis.ts';
import { evictAll } from '#scheduler/evict.ts';
import { NodeTable } from '#scheduler/node-table.ts';
import { Nominations } from '#scheduler/nominations.ts';
import { ownersSelector } from '#scheduler/owners-selector.ts';
import { allPlugins } from '#scheduler/plugins/all.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';
import { podInfoOf } from '#scheduler/pod-info.ts';
import type { Unplaced } from '#scheduler/pod-status.ts';
import { unplacedPatch } from '#scheduler/pod-status.ts';
import type { PreemptionPlan } from '#scheduler/preempt.ts';
import { planPreemption } from '#scheduler/preempt.ts';
import type { QueuedPod } from '#scheduler/queue.ts';
import { SchedulingQueue } from '#scheduler/queue.ts';
import { SchedulerEvents } from '#scheduler/scheduler-events.ts';
import type { Storage } from '#scheduler/storage.ts';
import { InformedStorage } from '#scheduler/storage.ts';
import type { VolumePlan } from '#scheduler/volume-plan.ts';
import { planVolumes, podClaims } from '#scheduler/volume-plan.ts';

export interface SchedulerOptions {
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Pods of this `schedulerName` are its own. */
  readonly name?: string;
}

export interface RunningScheduler {
  /** True when no Pod could be tried now and nothing is being written. */
  readonly idle: boolean;
  /** Resolves once it works. */
  readonly ready: Promise<void>;
  stop(): void;
}

/** Pods that were decided and whose outcome is being written. It also gives everyone else a turn between decisions. */
const writingMax = 128;

export function startScheduler(options: SchedulerOptions): RunningScheduler {
  const scheduler = new Scheduler(options);
  options.signal.addEventListener('abort', () => scheduler.stop(), { once: true });
  return scheduler;
}

class Scheduler implements RunningScheduler {
  readonly #options: SchedulerOptions;
  readonly #name: string;
  readonly #table = new NodeTable();
  readonly #nominations = new Nominations(this.#table);
  readonly #queue: SchedulingQueue;
  readonly #cycle: Cycle;
  readonly #events: SchedulerEvents;
  readonly #pods: Informer<Pod>;
  readonly #budgets: Informer<PodDisruptionBudget>;
  readonly #storage: InformedStorage;
  readonly #unsubscribe: (() => void)[] = [];
  readonly ready: Promise<void>;
  #writing = 0;
  #working = false;
  #workIsDue = false;
  #stopped = false;

  constructor(options: SchedulerOptions) {
    const { client, clock, log, random, informers } = options;
    this.#options = options;
    this.#name = options.name ?? 'default-scheduler';
    this.#events = new SchedulerEvents({ client, clock, log, name: this.#name, instance: this.#name });
    this.#queue = new SchedulingQueue({ clock, plugins: allPlugins, onReady: () => this.#workSoon() });
    this.#cycle = new Cycle({ table: this.#table, plugins: allPlugins, nominations: this.#nominations, random });
    const owners = ownersSelector(informers);
    this.#table.selectorOfOwners = owners.of;
    this.#budgets = informers.of<PodDisruptionBudget>(podDisruptionBudgets);
    this.#storage = new InformedStorage(informers);
    this.#table.storage = this.#storage;
    const namespaceInformer = informers.of<Namespace>(namespaces);
    const nodeInformer = informers.of<Node>(nodes);
    this.#pods = informers.of<Pod>(pods);
    const putNamespace = ({ metadata }: Stored<Namespace>) =>
      this.#table.counts.setNamespace(metadata.name, metadata.labels ?? {});
    this.#unsubscribe.push(
      this.#storage.onChange(claim => this.#queue.wake({ type: 'storage', claim })),
      namespaceInformer.on({
        add: putNamespace,
        update: (old, namespace) => {
          if (JSON.stringify(old.metadata.labels) !== JSON.stringify(namespace.metadata.labels))
            putNamespace(namespace);
        },
        delete: ({ metadata }) => this.#table.counts.setNamespace(metadata.name, undefined),
      }),
      nodeInformer.on({
        add: node => this.#putNode(undefined, node),
        update: (old, node) => this.#putNode(old, node),
        delete: node => this.#table.removeNode(node.metadata.name),
      }),
      this.#pods.on({
        add: pod => this.#putPod(pod),
        update: (_, pod) => this.#putPod(pod),
        delete: pod => this.#removePod(pod),
      }),
    );
    const reads = [nodeInformer, this.#pods, this.#budgets, namespaceInformer];
    this.ready = Promise.all([owners.synced, this.#storage.synced, ...reads.map(informer => informer.synced)]).then(
      () => {
        this.#working = true;
        this.#work();
      },
    );
  }

  get idle(): boolean {
    return this.#working && this.#writing === 0 && this.#queue.readyCount === 0 && this.#events.idle;
  }

  stop(): void {
    this.#stopped = true;
    this.#queue.stop();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #putNode(old: Stored<Node> | undefined, node: Stored<Node>): void {
    this.#table.putNode(node);
    this.#queue.wake({ type: 'node', old, node });
  }

  #putPod(pod: Stored<Pod>): void {
    if (isPodTerminal(pod)) this.#removePod(pod);
    else if (pod.spec.nodeName) this.#putPlaced(pod, pod.spec.nodeName);
    else if (pod.spec.schedulerName !== this.#name || pod.metadata.deletionTimestamp) {
      this.#withdraw(pod.metadata.uid);
    } else if (this.#table.placeOf(pod.metadata.uid) === undefined) {
      const info = podInfoOf(pod);
      if (pod.status?.nominatedNodeName) this.#nominations.set(info, pod.status.nominatedNodeName);
      this.#queue.update(info);
    }
  }

  #putPlaced(pod: Stored<Pod>, nodeName: string): void {
    const { uid } = pod.metadata;
    this.#queue.remove(uid);
    this.#nominations.remove(uid);
    const before = this.#table.placeOf(uid);
    if (before !== undefined && this.#table.names[before.row] === nodeName && countsTheSame(before.info.pod, pod)) {
      before.info.pod = pod;
      this.#table.put(before.info, nodeName, { assumed: false });
      return;
    }
    const info = podInfoOf(pod);
    this.#table.put(info, nodeName, { assumed: false });
    if (before !== undefined && freesSome(before.info, info)) this.#queue.wake({ type: 'podGone', info: before.info });
    this.#queue.wake({ type: 'podPlaced', info, node: this.#nodeNamed(nodeName) });
  }

  #removePod(pod: Stored<Pod>): void {
    const { uid } = pod.metadata;
    this.#withdraw(uid);
    const info = this.#table.remove(uid);
    if (info !== undefined) this.#queue.wake({ type: 'podGone', info });
  }

  /** The Pod no longer waits; what was kept for it is free. */
  #withdraw(uid: string): void {
    const queued = this.#queue.get(uid);
    const wasNominated = this.#nominations.nodeOf(uid) !== undefined;
    this.#queue.remove(uid);
    this.#nominations.remove(uid);
    if (wasNominated && queued !== undefined) this.#queue.wake({ type: 'podGone', info: queued.info });
  }

  #nodeNamed(name: string): Stored<Node> | undefined {
    const row = this.#table.rowOf(name);
    return row === undefined ? undefined : this.#table.nodeOf(row);
  }

  /** Not at once: what one event frees is all there before the first decision, the most important first. */
  #workSoon(): void {
    if (this.#workIsDue) return;
    this.#workIsDue = true;
    void Promise.resolve().then(() => {
      this.#workIsDue = false;
      this.#work();
    });
  }

  /** Decides for as many Pods as may be written at a time. */
  #work(): void {
    if (!this.#working || this.#stopped) return;
    this.#working = false;
    while (this.#writing < writingMax) {
      const queued = this.#queue.take();
      if (queued === undefined) break;
      this.#writing++;
      void this.#place(queued).finally(() => {
        this.#writing--;
        this.#work();
      });
    }
    this.#working = true;
  }

  /** The decision and all that follows from it for the queue is done before the first await. */
  async #place(queued: QueuedPod): Promise<void> {
    const { info } = queued;
    try {
      const decision = this.#cycle.decide(info);
      if (decision.at === 'node') return await this.#assign(queued, info, decision.row);
      if (decision.at === 'empty') {
        this.#queue.returnUnschedulable(queued, new Set());
        return await this.#sayUnplaced(info, { reason: 'Unschedulable', message: noNodesMessage });
      }
      await this.#preempt(queued, decision);
    } catch (error) {
      this.#options.log.error('a Pod could not be tried', { pod: info.key, error: String(error) });
      this.#queue.returnFailed(queued);
    }
  }

  /** It fits nowhere as things are; perhaps it does when less important Pods go. */
  async #preempt(queued: QueuedPod, { diagnosis, filters }: Decision & { at: 'nowhere' }): Promise<void> {
    const { info } = queued;
    const { random } = this.#options;
    const why = fitMessage(diagnosis);
    const [table, nominations] = [this.#table, this.#nominations];
    const budgets = [...this.#budgets.values()];
    const plan =
      diagnosis.rejection === undefined
        ? planPreemption({ info, diagnosis, filters, table, nominations, budgets, random })
        : undefined;
    this.#queue.returnUnschedulable(queued, diagnosis.plugins);
    if (plan === undefined)
      return await this.#sayUnplaced(info, { reason: 'Unschedulable', message: `${why} not found` });
    if (plan.at === 'node') return await this.#makeRoom(info, plan, why);
    const message = `${why} no new claims to deallocate, preemption: ${plan.message}`;
    const clears = plan.clears && nominations.nodeOf(info.uid) !== undefined;
    if (clears) nominations.remove(info.uid);
    await this.#sayUnplaced(info, { reason: 'Unschedulable', message, nominatedNodeName: clears ? '' : undefined });
  }

  async #makeRoom(info: PodInfo, plan: PreemptionPlan & { at: 'node' }, message: string): Promise<void> {
    const { client, clock, log } = this.#options;
    const { nodeName, victims } = plan;
    const outdone = this.#nominations.onNode(nodeName).filter(other => other.priority < info.priority);
    for (const other of outdone) this.#nominations.remove(other.uid);
    this.#nominations.set(info, nodeName);
    const eviction = { client, clock, events: this.#events, schedulerName: this.#name, preemptor: info, nodeName };
    const evicted = evictAll(victims, eviction).catch(error => {
      log.warn('a less important Pod could not be deleted', { pod: info.key, error: String(error) });
      this.#queue.release(info.uid);
    });
    const said = this.#sayUnplaced(info, { reason: 'Unschedulable', message, nominatedNodeName: nodeName });
    const cleared = outdone.map(other => this.#patchStatus(other, { status: { nominatedNodeName: null } }));
    await Promise.all([evicted, said, ...cleared]);
  }

  /** From here on the Pod counts as running there, and its volumes as taken. */
  async #assign(queued: QueuedPod, info: PodInfo, row: number): Promise<void> {
    const nodeName = this.#table.names[row]!;
    const plan = volumePlanOf(info, this.#table.storage, this.#table.nodeOf(row));
    this.#table.put(info, nodeName, { assumed: true });
    if (plan === undefined) await this.#bind(queued, info, nodeName);
    // Making a volume may take minutes: nobody waits for it but this Pod.
    else void this.#bindWithVolumes(queued, info, nodeName, plan);
  }

  async #bindWithVolumes(queued: QueuedPod, info: PodInfo, nodeName: string, plan: VolumePlan): Promise<void> {
    const { client, clock, signal } = this.#options;
    const storage = this.#storage;
    for (const { volume, claim } of plan.binds) storage.promised.set(volume.metadata.name, claim.metadata.uid);
    try {
      await this.#patchStatus(info, { metadata: { uid: info.uid }, status: { nominatedNodeName: nodeName } });
      await bindVolumes(plan, nodeName, { client, clock, storage, signal });
    } catch (error) {
      return await this.#forget(queued, info, error, 'running PreBind plugin "VolumeBinding": binding volumes: ');
    } finally {
      for (const { volume } of plan.binds) storage.promised.delete(volume.metadata.name);
    }
    await this.#bind(queued, info, nodeName);
  }

  async #bind(queued: QueuedPod, info: PodInfo, nodeName: string): Promise<void> {
    const { name, namespace, uid } = info.pod.metadata;
    const body = {
      kind: 'Binding',
      apiVersion: 'v1',
      metadata: { name, namespace, uid },
      target: { kind: 'Node', name: nodeName },
    };
    try {
      await this.#options.client.createSubresource(pods, refOf(info.pod), 'binding', body);
    } catch (error) {
      return await this.#forget(queued, info, error, 'binding rejected: running Bind plugin "DefaultBinder": ');
    }
    this.#nominations.remove(uid);
    this.#queue.wake({ type: 'podPlaced', info, node: this.#nodeNamed(nodeName) });
    const message = `Successfully assigned ${info.key} to ${nodeName}`;
    this.#events.say(info.pod, { type: 'Normal', reason: 'Scheduled', action: 'Binding', message });
  }

  /** The Pod did not get its node after all, so what it would have used there is free. */
  async #forget(queued: QueuedPod, info: PodInfo, error: unknown, doing: string): Promise<void> {
    if (this.#table.isAssumed(info.uid)) {
      this.#table.remove(info.uid);
      this.#queue.wake({ type: 'podGone', info });
    }
    const current = this.#pods.byKey(info.key);
    const isWaiting =
      current?.metadata.uid === info.uid && !current.spec.nodeName && !current.metadata.deletionTimestamp;
    if (!isWaiting) return this.#queue.remove(info.uid);
    queued.info = current === info.pod ? info : podInfoOf(current);
    this.#queue.returnFailed(queued);
    const text = error instanceof Error ? error.message : String(error);
    await this.#sayUnplaced(queued.info, { reason: 'SchedulerError', message: `${doing}${text}` });
  }

  async #sayUnplaced(info: PodInfo, unplaced: Unplaced): Promise<void> {
    const { message } = unplaced;
    this.#events.say(info.pod, { type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', message });
    const patch = unplacedPatch(info.pod, unplaced, this.#options.clock.nowMs());
    if (patch !== undefined) await this.#patchStatus(info, patch);
  }

  async #patchStatus(info: PodInfo, patch: AnyJson): Promise<void> {
    const { client, log } = this.#options;
    try {
      await client.patchStrategic(pods, refOf(info.pod), patch, { subresource: 'status' });
    } catch (error) {
      const fields = { pod: info.key, error: String(error) };
      if (isNotFound(error)) log.debug('the Pod went before its status was written', fields);
      else log.warn('the status of a Pod could not be written', fields);
    }
  }
}

/** What is to be done for the Pod's volumes first; undefined when nothing is. */
function volumePlanOf(info: PodInfo, storage: Storage, node: Stored<Node>): VolumePlan | undefined {
  if (info.claims.length === 0) return undefined;
  const claims = podClaims(info, storage);
  if ('problem' in claims || claims.waiting.length === 0) return undefined;
  return planVolumes(claims, node);
}

function freesSome(before: PodInfo, now: PodInfo): boolean {
  for (const [name, amount] of before.requests.amounts) {
    if ((now.requests.amounts.get(name) ?? 0) < amount) return true;
  }
  return false;
}

/** Whether nothing changed that the table counts: most updates of a running Pod are only about its status. */
function countsTheSame(old: Stored<Pod>, pod: Stored<Pod>): boolean {
  if (old.metadata.generation !== pod.metadata.generation) return false;
  if (Boolean(old.metadata.deletionTimestamp) !== Boolean(pod.metadata.deletionTimestamp)) return false;
  if (JSON.stringify(old.metadata.labels) !== JSON.stringify(pod.metadata.labels)) return false;
  return JSON.stringify(resourcesInUse(old)) === JSON.stringify(resourcesInUse(pod));
}

function resourcesInUse({ status }: Stored<Pod>): unknown[] {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return all
    .filter(each => each.allocatedResources !== undefined || each.resources?.requests !== undefined)
    .map(({ name, allocatedResources, resources }) => [name, allocatedResources, resources?.requests]);
}
