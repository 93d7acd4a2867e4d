/**
 * The proxy of one node: keeps the node's nftables in step with Services and EndpointSlices. It runs in the network
 * namespace whose traffic it directs, and is not in the way of a single packet: when it stops, traffic goes on.
 */

import { type Service, services } from '#api/core/service.ts';
import { type EndpointSlice, endpointSlices } from '#api/discovery/endpoint-slice.ts';
import type { Index, Informer } from '#client/informer.ts';
import { type Key, keyFor, keyOf } from '#client/object.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { Backoff } from '#loop/retry.ts';
import { baseChains, baseSets } from '#proxy/base-rules.ts';
import { deleteFlows, type FlowKind, staleFlows } from '#proxy/conntrack.ts';
import type { Family } from '#proxy/family.ts';
import { ofFamily } from '#proxy/family.ts';
import { HealthChecks, type LocalEndpoints, localEndpoints } from '#proxy/health-checks.ts';
import { applyTransaction, deleteTable, type Run, readTable } from '#proxy/nftables.ts';
import type { Rules, View } from '#proxy/rules.ts';
import { serviceRules } from '#proxy/rules.ts';
import { Table } from '#proxy/table.ts';

/** What the proxy needs of a copy of a collection; an `Informer` is one. */
export type Copy<T> = Pick<Informer<T>, 'synced' | 'on' | 'byKey' | 'by'>;

export interface ProxyOptions {
  /** `Informers` is one: the copies are shared with whoever else on the node reads them. */
  readonly informers: {
    of(resource: typeof services): Copy<Service>;
    of(resource: typeof endpointSlices): Copy<EndpointSlice>;
  };
  readonly clock: Clock;
  readonly log: Log;
  readonly run: Run;
  readonly nodeName: string;
  /** The label `topology.kubernetes.io/zone` of the node. */
  readonly zone?: string | undefined;
  /** Where nodePorts answer. One table is kept for each family among them. */
  readonly nodeIps: readonly string[];
  /** Of the Pods; traffic from elsewhere to a Service gets the node's address. One of each family. */
  readonly clusterCidrs: readonly string[];
  /** Of the Pods of this node. One of each family. */
  readonly podCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
  /** Addresses of Services that this node answers itself: the cluster DNS address when there is a DNS on the node. */
  readonly localIps?: readonly string[] | undefined;
}

export interface ServiceProxy {
  /** Resolves once the rules have been complete for the first time. */
  readonly synced: Promise<void>;
  /** The changes known by now are in force when it resolves. */
  settled(): Promise<void>;
  /** The rules stay. */
  stop(): Promise<void>;
  /** Stops, and takes the rules away. */
  remove(): Promise<void>;
}

/** From one transaction to the next: a rollout changes a slice several times, and each is a process of its own. */
const gatherMs = 20;
const retryMsMax = 10_000;

const bySlicesService: Index<EndpointSlice> = {
  name: 'service',
  valuesOf: slice => [serviceKeyOf(slice) ?? ''],
};

function serviceKeyOf({ metadata }: EndpointSlice): Key | undefined {
  const name = metadata?.labels?.['kubernetes.io/service-name'];
  return name ? keyFor(metadata?.namespace, name) : undefined;
}

export function startProxy(options: ProxyOptions): ServiceProxy {
  const proxy = new RunningProxy(options);
  proxy.start();
  return proxy;
}

class RunningProxy implements ServiceProxy {
  readonly synced: Promise<void>;
  readonly #options: ProxyOptions;
  readonly #services: Copy<Service>;
  readonly #slices: Copy<EndpointSlice>;
  readonly #tables: readonly OneTable[];
  readonly #dirty = new Set<Key>();
  readonly #unsubscribe: (() => void)[] = [];
  readonly #failures = new Backoff();
  readonly #healthChecks: HealthChecks;
  #resolveSynced = () => {};
  #timer: Timer | undefined;
  #beganMs = 0;
  #working: Promise<void> = Promise.resolve();
  #ready = false;
  #stopped = false;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#services = options.informers.of(services);
    this.#slices = options.informers.of(endpointSlices);
    this.#healthChecks = new HealthChecks(options.nodeIps, options.log);
    this.#tables = familiesOf(options.nodeIps).map(family => new OneTable(family, options));
    this.synced = new Promise(resolve => {
      this.#resolveSynced = resolve;
    });
  }

  start(): void {
    const touch = (key: Key | undefined) => key !== undefined && this.#touch(key);
    const service = (object: Service) => touch(keyOf(object));
    const slice = (object: EndpointSlice) => touch(serviceKeyOf(object));
    this.#unsubscribe.push(
      this.#services.on({ add: service, update: (_, object) => service(object), delete: service }),
      this.#slices.on({
        add: slice,
        update: (old, object) => {
          slice(old);
          slice(object);
        },
        delete: slice,
      }),
    );
    void Promise.all([this.#services.synced, this.#slices.synced]).then(() => {
      this.#ready = true;
      this.#schedule(0);
    });
  }

  async settled(): Promise<void> {
    await Promise.all([this.#services.synced, this.#slices.synced]);
    this.#timer?.cancel();
    this.#begin();
    await this.#working;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.#working;
    await this.#healthChecks.close();
  }

  async remove(): Promise<void> {
    await this.stop();
    for (const { family } of this.#tables) await deleteTable(this.#options.run, family);
  }

  #touch(key: Key): void {
    this.#dirty.add(key);
    if (this.#ready) this.#schedule(this.#beganMs + gatherMs - this.#options.clock.monotonicMs());
  }

  #schedule(delayMs: number): void {
    if (this.#stopped || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.after(delayMs, () => this.#begin(), { idle: true });
  }

  /** One transaction at a time; what changes meanwhile is gathered for the next. */
  #begin(): void {
    this.#timer = undefined;
    this.#beganMs = this.#options.clock.monotonicMs();
    this.#working = this.#working.then(() => this.#sync());
  }

  async #sync(): Promise<void> {
    if (this.#stopped) return;
    const keys = [...this.#dirty];
    this.#dirty.clear();
    try {
      for (const table of this.#tables) await table.apply(keys, (key, view) => this.#rulesOf(key, view));
      for (const key of keys) this.#healthChecks.set(key, this.#localEndpoints(key));
      this.#failures.forget('sync');
      this.#resolveSynced();
    } catch (error) {
      for (const key of keys) this.#dirty.add(key);
      const message = error instanceof Error ? error.message : String(error);
      this.#options.log.warn('the rules of Services could not be applied, will try again', { error: message });
      this.#schedule(Math.min(this.#failures.nextMs('sync'), retryMsMax));
    }
  }

  #rulesOf(key: Key, view: View): Rules | undefined {
    return serviceRules(this.#services.byKey(key), this.#slices.by(bySlicesService, key), view);
  }

  #localEndpoints(key: Key): LocalEndpoints | undefined {
    return localEndpoints(this.#services.byKey(key), this.#slices.by(bySlicesService, key), this.#options);
  }
}

function familiesOf(nodeIps: readonly string[]): Family[] {
  return (['ip', 'ip6'] as const).filter(family => ofFamily(nodeIps, family).length > 0);
}

class OneTable {
  readonly family: Family;
  readonly #run: Run;
  readonly #log: Log;
  readonly #view: View;
  readonly #table: Table;
  /** The kernel has what `#table` says. */
  #inStep = false;
  #hasConntrack = true;
  /** Flows to end once the rules no longer make new ones of the kind. */
  #flowsToEnd: FlowKind[] = [];

  constructor(
    family: Family,
    { run, log, nodeName, zone, nodeIps, clusterCidrs, podCidrs, serviceCidrs, localIps }: ProxyOptions,
  ) {
    this.family = family;
    this.#run = run;
    this.#log = log;
    const ofThis = (text: string) => ofFamily([text.split('/')[0]!], family).length > 0;
    this.#view = {
      family,
      nodeName,
      zone,
      nodeIps: nodeIps.filter(ofThis),
      clusterCidr: clusterCidrs.find(ofThis),
      podCidr: podCidrs.find(ofThis),
      localIps: new Set(localIps?.filter(ofThis)),
    };
    this.#table = new Table(family, baseSets(family), baseChains(this.#view, serviceCidrs.filter(ofThis)));
  }

  async apply(keys: readonly Key[], rulesOf: (key: Key, view: View) => Rules | undefined): Promise<void> {
    const changes = new Map(keys.map(key => [key, rulesOf(key, this.#view)]));
    for (const [key, next] of changes) {
      this.#flowsToEnd.push(...staleFlows(this.#table.rulesOf(key), next, this.#view.nodeIps));
    }
    const transaction = this.#table.change(changes);
    if (this.#inStep) await this.#applyChange(transaction);
    else await this.#applyWhole();
    await this.#endFlows();
  }

  async #applyChange(transaction: string): Promise<void> {
    try {
      await applyTransaction(this.#run, transaction);
    } catch (error) {
      // Somebody else has been at our table.
      const message = error instanceof Error ? error.message : String(error);
      this.#log.warn('the table of Services is not as it was left, it is written again', { error: message });
      this.#inStep = false;
      await this.#applyWhole();
    }
  }

  async #applyWhole(): Promise<void> {
    const existing = await readTable(this.#run, this.family);
    try {
      await applyTransaction(this.#run, this.#table.whole(existing));
    } catch (error) {
      // What is there has names of ours but another shape.
      if (existing === undefined) throw error;
      await applyTransaction(this.#run, this.#table.whole());
    }
    this.#inStep = true;
  }

  async #endFlows(): Promise<void> {
    const flows = this.#flowsToEnd;
    this.#flowsToEnd = [];
    if (!this.#hasConntrack || flows.length === 0) return;
    this.#hasConntrack = await deleteFlows(this.#run, this.family, flows);
    if (!this.#hasConntrack) this.#log.warn('no program conntrack: flows of UDP may go on to endpoints that are gone');
  }
}
