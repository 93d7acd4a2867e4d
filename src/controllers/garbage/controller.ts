/** The garbage collector: follows the metadata of everything that is served and works off what the graph says. */

import { customResourceDefinitions } from '#api/apiextensions/custom-resource-definition.ts';
import { apiServices } from '#api/apiregistration/api-service.ts';
import type { ServedResource } from '#client/discovery.ts';
import { discover } from '#client/discovery.ts';
import type { Informer } from '#client/informer.ts';
import type { ApiObject, Key, Stored } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { Collector, UnknownKind } from '#controllers/garbage/collector.ts';
import type { Identity, Node, Work } from '#controllers/garbage/graph.ts';
import { OwnerGraph } from '#controllers/garbage/graph.ts';
import { Kinds } from '#controllers/garbage/kinds.ts';
import type { Clock } from '#lib/clock.ts';
import { sleep } from '#lib/clock.ts';
import type { Controller } from '#loop/controller.ts';
import { done } from '#loop/controller.ts';
import { WorkQueue } from '#loop/queue.ts';
import { drain } from '#loop/runner.ts';

const component = 'garbage-collector-controller';
const workers = 20;
/** A CRD is served a moment after it says so. */
const servedAfterMs = 200;
/** Upstream asks every 30 s what is served; here changes of CRDs and APIServices say so, and this is for what they miss. */
const rediscoverMs = 300_000;
/** A kind that cannot be read (its aggregated API is away) holds up the others only so long. */
const syncMsMax = 30_000;
const rediscoverKey: Key = 'discovery';

interface Monitor {
  readonly informer: Informer<ApiObject>;
  readonly stop: () => void;
}

export function garbageCollectorController(deps: ControllerDeps): Controller {
  const { client, clock, informers, log } = deps;
  const definitions = informers.of(customResourceDefinitions);
  const services = informers.of(apiServices);
  const recorder = deps.events(component);
  const graph = new OwnerGraph();
  const toDelete = new WorkQueue(clock);
  const toOrphan = new WorkQueue(clock);
  const monitors = new Map<string, Monitor>();
  let kinds = new Kinds({ resources: [], failures: [] });

  const collector = new Collector({
    client,
    resourceOf: (apiVersion, kind) => kinds.resourceOf(apiVersion, kind),
    onAbsent: uid => take(graph.remove(uid)),
    lookAgain: node => toDelete.add(node.identity.uid),
  });

  function take(work: Work): void {
    for (const node of work.toDelete) toDelete.add(node.identity.uid);
    for (const node of work.toOrphan) toOrphan.add(node.identity.uid);
    for (const { dependent, owner } of work.misplaced) {
      const { apiVersion, kind, namespace, name, uid } = dependent.identity;
      const shown = `[${owner.apiVersion}/${owner.kind}, namespace: ${namespace}, name: ${owner.name}, uid: ${owner.uid}]`;
      const message = `ownerRef ${shown} does not exist in namespace "${namespace}"`;
      recorder.sayOf({ kind, apiVersion, namespace, name, uid }, 'Warning', 'OwnerRefInvalidNamespace', message);
    }
  }

  function monitor(resource: ServedResource): Monitor {
    const shared = informers.existing(resource);
    const informer = shared ?? informers.own<ApiObject>(resource, { metadataOnly: true });
    const put = (object: Stored<ApiObject>, old?: Stored<ApiObject>) =>
      take(graph.put(identityOf(resource, object), resource, object.metadata, old?.metadata));
    const unsubscribe = informer.on({
      add: object => put(object),
      update: (old, object) => put(object, old),
      delete: object => take(graph.remove(object.metadata.uid)),
    });
    if (shared === undefined) informer.start();
    return { informer, stop: () => (shared === undefined ? informer.stop() : unsubscribe()) };
  }

  /** Follows what is served now and nothing else. */
  async function rediscover(): Promise<void> {
    const discovery = await discover(client);
    kinds = new Kinds(discovery);
    const wanted = new Map(kinds.collectable.map(each => [`${each.plural}.${each.group}/${each.version}`, each]));
    for (const [name, resource] of wanted) if (!monitors.has(name)) monitors.set(name, monitor(resource));
    // A group that could not be asked is not gone.
    if (discovery.failures.length > 0) return;
    for (const [name, { stop }] of [...monitors]) {
      if (wanted.has(name)) continue;
      stop();
      monitors.delete(name);
    }
  }

  async function work(queue: WorkQueue, act: (node: Node) => Promise<void>, uid: Key): Promise<typeof done> {
    const node = graph.get(uid);
    if (node === undefined) return done;
    await act(node);
    // It exists, but its event is still to come.
    if (queue === toDelete && graph.get(uid)?.virtual) throw new Error('an owner has not been seen yet');
    return done;
  }

  function start(signal: AbortSignal): void {
    const onError = (key: Key, error: unknown) => {
      if (!(error instanceof UnknownKind))
        log.debug('will try again', { controller: component, key, error: String(error) });
    };
    const options = { workers, onError };
    drain(toDelete, { ...options, reconcile: uid => work(toDelete, node => collector.tryDelete(node), uid) });
    drain(toOrphan, { ...options, reconcile: uid => work(toOrphan, node => collector.orphan(node), uid) });
    signal.addEventListener('abort', () => {
      toDelete.stop();
      toOrphan.stop();
      for (const { stop } of monitors.values()) stop();
    });
  }

  let started = false;
  let ended: AbortSignal | undefined;
  return {
    name: component,
    reads: [definitions, services],
    wake(queue) {
      const wake = () => queue.addAfter(rediscoverKey, servedAfterMs);
      definitions.on({ add: wake, update: wake, delete: wake });
      services.on({ add: wake, update: wake, delete: wake });
      queue.add(rediscoverKey);
    },
    run(signal) {
      ended = signal;
    },
    async reconcile() {
      await rediscover();
      await atMost(clock, syncMsMax, Promise.all([...monitors.values()].map(each => each.informer.synced)));
      if (!started && ended !== undefined && !ended.aborted) {
        started = true;
        start(ended);
      }
      return { wakeAfterMs: rediscoverMs };
    },
  };
}

async function atMost(clock: Clock, timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, sleep(clock, timeoutMs, over.signal).catch(() => {})]);
  over.abort();
}

function identityOf(resource: ServedResource, { metadata }: Stored<ApiObject>): Identity {
  const { group, version, kind } = resource;
  const { uid, namespace = '', name } = metadata;
  return { uid, apiVersion: group === '' ? version : `${group}/${version}`, kind, namespace, name };
}
