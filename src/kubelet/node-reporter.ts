/** Registers the node, keeps its status true and its Lease alive. One timer for all of it. */

import type { Lease } from '#api/coordination/lease.ts';
import { leases } from '#api/coordination/lease.ts';
import type { Node, NodeStatus } from '#api/core/node.ts';
import { nodes } from '#api/core/node.ts';
import { isAlreadyExists, isConflict, isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { Stored } from '#client/object.ts';
import type { Image, Runtime, StringMap } from '#kubelet/cri/runtime.ts';
import { errorText } from '#kubelet/error-text.ts';
import type { NodeFacts, NodeState, Pressures } from '#kubelet/node-status.ts';
import { conditionEvents, newNode, nodeStatus, notReadyMessage } from '#kubelet/node-status.ts';
import { same } from '#kubelet/status-writer.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import { rfc3339Micro } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Random } from '#lib/random.ts';
import type { EventRecorder } from '#loop/events.ts';
import type { AnyJson } from '#machinery/schema.ts';

const leaseNamespace = 'kube-node-lease';
const leaseSeconds = 40;
const renewMs = 10_000;
/** Nodes that were started together do not go on writing together. */
const jitterShare = 0.1;
/** While the node is not ready, or the server not there, it is asked more often. */
const hurriedMs = 1000;
/** A status that has not changed is still written this often. */
const reportMs = 300_000;
/** A runtime that says nothing for so long is as good as down; the Lease has to be renewed meanwhile. */
const runtimeSilenceMsMax = 10_000;

export interface NodeReporterOptions {
  client: Client;
  runtime: Runtime;
  clock: Clock;
  random: Random;
  log: Log;
  recorder: EventRecorder;
  facts: NodeFacts;
  pressures: () => Pressures;
  /** The node has become ready, or ceased to be. */
  onReadiness: (ready: boolean) => void;
  /** Called at every look at the node: for what else is looked after at times. */
  onBeat: () => void;
  /** The Node object as the API has it now. */
  onNode: (node: Stored<Node>) => void;
}

export class NodeReporter {
  readonly #options: NodeReporterOptions;
  #node: Stored<Node> | undefined;
  #lease: Stored<Lease> | undefined;
  #images: readonly Image[] = [];
  #imagesStale = true;
  #reportedMs = Number.NEGATIVE_INFINITY;
  #ready: boolean | undefined;
  #networkReady = false;
  #timer: Timer | undefined;
  #beating = false;
  #again = false;
  #stopped = false;

  constructor(options: NodeReporterOptions) {
    this.#options = options;
  }

  get node(): Stored<Node> | undefined {
    return this.#node;
  }

  get networkReady(): boolean {
    return this.#networkReady;
  }

  start(): void {
    this.say('Normal', 'Starting', 'Starting kubelet.');
    this.refresh();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** The API shows the Node anew: somebody has labelled or tainted it. */
  observe(node: Stored<Node>): void {
    if (
      this.#node === undefined ||
      Number(node.metadata.resourceVersion) <= Number(this.#node.metadata.resourceVersion)
    )
      return;
    this.#node = node;
    this.#options.onNode(node);
  }

  /** Something about the node may have changed: look, and report if so. */
  refresh(options: { images?: boolean } = {}): void {
    if (options.images) this.#imagesStale = true;
    this.#again = true;
    if (!this.#beating && !this.#stopped) void this.#beat();
  }

  async #beat(): Promise<void> {
    this.#beating = true;
    let failed = false;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        await this.#report();
        await this.#renew();
        failed = false;
      } catch (error) {
        failed = true;
        this.#options.log.warn('the node could not be reported', { error: errorText(error) });
      }
    }
    this.#beating = false;
    if (this.#stopped) return;
    const { clock, random, onBeat } = this.#options;
    onBeat();
    this.#timer?.cancel();
    const calmMs = renewMs * (1 - jitterShare * random.next());
    this.#timer = clock.after(failed || this.#ready !== true ? hurriedMs : calmMs, () => this.refresh());
  }

  async #look(): Promise<NodeState> {
    const { runtime, pressures } = this.#options;
    const [version, status] = await Promise.all([this.#answer(runtime.version()), this.#answer(runtime.status())]);
    if (this.#imagesStale && status !== undefined) {
      const images = await this.#answer(runtime.listImages());
      this.#imagesStale = images === undefined;
      this.#images = images ?? this.#images;
    }
    this.#networkReady = status?.conditions.find(({ type }) => type === 'NetworkReady')?.status === true;
    return { version, runtime: status, images: this.#images, pressures: pressures() };
  }

  /** Undefined when the runtime fails, or is silent: one that hangs must not silence the node too. */
  #answer<T>(question: Promise<T>): Promise<T | undefined> {
    return new Promise(resolve => {
      const timer = this.#options.clock.after(runtimeSilenceMsMax, () => resolve(undefined));
      const settle = (answer: T | undefined) => {
        timer.cancel();
        resolve(answer);
      };
      question.then(settle, () => settle(undefined));
    });
  }

  async #report(): Promise<void> {
    const state = await this.#look();
    const { clock, facts, onReadiness, onNode } = this.#options;
    const before = this.#node?.status;
    this.#node ??= await this.#register(state);
    const wanted = nodeStatus(facts, state, this.#node.status, clock.nowMs());
    const patch = nodeStatusPatch(this.#node.status, wanted, clock.monotonicMs() - this.#reportedMs >= reportMs);
    if (patch !== undefined) await this.#write(patch);
    await this.#keepLabels();
    for (const reason of conditionEvents(before?.conditions ?? [], wanted.conditions ?? [])) {
      this.say('Normal', reason, `Node ${facts.name} status is now: ${reason}`);
    }
    if (this.#node !== undefined) onNode(this.#node);
    const ready = notReadyMessage(state.runtime) === undefined;
    if (ready !== this.#ready) onReadiness(ready);
    this.#ready = ready;
  }

  async #register(state: NodeState): Promise<Stored<Node>> {
    const { client, clock, facts } = this.#options;
    const node = newNode(facts, state, clock.nowMs());
    try {
      return await client.create(nodes, node);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    const present = await client.get(nodes, { name: facts.name });
    const labels = notAs(present.metadata.labels, node.metadata?.labels);
    const annotations = notAs(present.metadata.annotations, node.metadata?.annotations);
    if (Object.keys({ ...labels, ...annotations }).length === 0) return present;
    return client.patchStrategic(nodes, { name: facts.name }, { metadata: { labels, annotations } });
  }

  /** By these two the scheduler and images are chosen: who has changed them finds them as they were. */
  async #keepLabels(): Promise<void> {
    const { client, facts } = this.#options;
    const { operatingSystem, architecture } = facts.machine.system;
    const labels = { 'kubernetes.io/os': operatingSystem, 'kubernetes.io/arch': architecture };
    const present = this.#node?.metadata.labels;
    if (this.#node === undefined || Object.entries(labels).every(([name, value]) => present?.[name] === value)) return;
    this.#node = await client.patchStrategic(nodes, { name: facts.name }, { metadata: { labels } });
  }

  async #write(patch: AnyJson): Promise<void> {
    const { client, clock, facts } = this.#options;
    try {
      this.#node = await client.patchStrategic(nodes, { name: facts.name }, patch, { subresource: 'status' });
      this.#reportedMs = clock.monotonicMs();
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // Deleted by somebody: a kubelet that lives registers anew.
      this.#node = undefined;
      this.#lease = undefined;
      this.#again = true;
    }
  }

  async #renew(): Promise<void> {
    const { client, clock, facts } = this.#options;
    const spec = {
      holderIdentity: facts.name,
      leaseDurationSeconds: leaseSeconds,
      renewTime: rfc3339Micro(clock.nowMs()),
    };
    const ref = { namespace: leaseNamespace, name: facts.name };
    try {
      this.#lease =
        this.#lease === undefined
          ? await client.create(leases, { metadata: { ...ref, ownerReferences: this.#owner() }, spec })
          : await client.update(leases, { ...this.#lease, spec: { ...this.#lease.spec, ...spec } });
    } catch (error) {
      if (isAlreadyExists(error) || isConflict(error)) {
        const present = await client.get(leases, ref);
        this.#lease = await client.update(leases, { ...present, spec: { ...present.spec, ...spec } });
      } else {
        if (isNotFound(error)) this.#lease = undefined;
        throw error;
      }
    }
  }

  #owner() {
    const node = this.#node;
    if (node === undefined) return undefined;
    return [{ apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid }];
  }

  /** An Event of the node. As uid it has the node's name: that is what clients look for, for a kubelet may not know more. */
  say(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { recorder, facts } = this.#options;
    recorder.sayOf({ kind: 'Node', name: facts.name, uid: facts.name, apiVersion: 'v1' }, type, reason, message);
  }
}

/** Those of `wanted` that `present` has otherwise or not at all. */
function notAs(present: StringMap = {}, wanted: StringMap = {}): StringMap {
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => present[name] !== value));
}

/** Undefined when there is nothing to say. Heartbeats alone are said only when `due`. */
function nodeStatusPatch(before: NodeStatus, after: NodeStatus, due: boolean): AnyJson {
  const status: Record<string, AnyJson> = {};
  const old = before as Record<string, AnyJson>;
  for (const [field, value] of Object.entries(after)) {
    if (field === 'conditions') continue;
    if (!same(old[field], value)) status[field] = value;
  }
  const conditions = (after.conditions ?? []).filter(condition => {
    const known = before.conditions?.find(({ type }) => type === condition.type);
    return known === undefined || known.status !== condition.status || known.message !== condition.message;
  });
  const changed = conditions.length > 0 || Object.keys(status).length > 0;
  if (!changed && !due) return undefined;
  const addresses = status['addresses'];
  if (addresses !== undefined) status['$setElementOrder/addresses'] = addresses.map(({ type }: AnyJson) => ({ type }));
  return {
    status: {
      ...status,
      '$setElementOrder/conditions': (after.conditions ?? []).map(({ type }) => ({ type })),
      conditions: due ? after.conditions : conditions,
    },
  };
}
