/**
 * What a real v1.36 scheduler did, case by case: the same requests against ours, then the same Events and the same
 * outcome for every Pod. `CASE=regex` runs some of them.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Event } from '#api/core/event.ts';
import { events } from '#api/core/event.ts';
import { namespaces } from '#api/core/namespace.ts';
import type { Node } from '#api/core/node.ts';
import { nodes } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import type { PodDisruptionBudget } from '#api/policy/pod-disruption-budget.ts';
import { podDisruptionBudgets } from '#api/policy/pod-disruption-budget.ts';
import { isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import { Informers } from '#client/informer.ts';
import { refOf } from '#client/object.ts';
import { startControllers } from '#controllers/start.ts';
import { rfc3339 } from '#lib/clock.ts';
import { silentLog } from '#lib/log.ts';
import type { Random } from '#lib/random.ts';
import { systemRandom } from '#lib/random.ts';
import { selectorTest } from '#loop/selector.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { startScheduler } from '#scheduler/scheduler.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { inMemoryServer } from '#testing/in-memory-server.ts';

interface Step {
  readonly method?: 'POST' | 'PATCH' | 'DELETE';
  readonly path?: string;
  readonly body?: AnyJson;
  readonly contentType?: string;
  readonly status?: number;
  readonly pause?: number;
  readonly wait?: { path: string; is?: Record<string, AnyJson>; event?: string; gone?: boolean };
}

interface Recorded {
  readonly name: string;
  readonly setup: readonly Step[];
  readonly actions: readonly Step[];
  readonly events: readonly {
    reason: string;
    message: string;
    reportingComponent: string;
    involvedObject: { name: string };
  }[];
  readonly final: { readonly pods?: readonly Pod[] };
}

const namespace = 'case';
const settleTurns = 25;
const settleTurnsMax = 2000;
const waitStepMs = 100;
const waitMsMax = 20_000;

const file = process.env['RECORDED'] ?? new URL('../../test/recorded/scheduler.jsonl', import.meta.url);
const wanted = new RegExp(process.env['CASE'] ?? '');
for (const line of readFileSync(file, 'utf8').split('\n')) {
  if (line === '') continue;
  const recorded: Recorded = JSON.parse(line.replaceAll('{{ns}}', namespace));
  if (wanted.test(recorded.name)) test(recorded.name, () => replay(recorded));
}

/** Of nodes that are equally good the real one took any; here it is the last one asked. */
const lastOfEquals: Random = { ...systemRandom, next: () => 0 };

async function replay({ setup, actions, events: expectedEvents, final }: Recorded): Promise<void> {
  const clock = new FakeClock();
  const server = await inMemoryServer(clock);
  const client = server.client();
  const options = { client, clock, random: systemRandom };
  const own = server.client('system:kube-scheduler', []);
  const informers = new Informers({ ...options, freeze: true });
  const stopped = new AbortController();
  const controllers = startControllers({
    ...options,
    log: silentLog,
    controllers: ['replicaset-controller', 'serviceaccount-controller', 'persistentvolume-binder-controller'],
    clusterDomain: 'cluster.local',
  } as never);
  const scheduler = startScheduler({
    ...options,
    client: own,
    random: lastOfEquals,
    informers,
    log: silentLog,
    signal: stopped.signal,
  });
  const settle = async () => {
    for (let turn = 0; turn < settleTurns || !scheduler.idle || !controllers.idle; turn++) {
      assert.ok(turn < settleTurnsMax, 'the scheduler does not come to rest');
      await setImmediate();
    }
  };
  try {
    await client.create(namespaces, { metadata: { name: namespace } });
    await scheduler.ready;
    await settle();
    playKubelet(client, informers, clock);
    playDisruptionController(client, informers);
    for (const step of [...setup, ...actions]) await take(step, client, clock, settle);
    await settle();
    const all = await client.list<Pod>(pods);
    assert.deepEqual(await saidOf(client, all.items), sorted(expectedEvents.filter(isOurs).map(eventText)));
    const expected = (final.pods ?? []).map(outcomeOf);
    assert.deepEqual(sorted(all.items.map(outcomeOf)), sorted(expected));
  } finally {
    stopped.abort();
    controllers.stop();
    informers.stop();
    await server.close();
  }
}

const isOurs = (event: { reportingComponent?: string | undefined }) => event.reportingComponent === 'default-scheduler';
const sorted = (texts: readonly string[]) => [...texts].sort();

/** Names that the server made up look alike. */
const named = (text: string) => text.replace(/\br-(<gen-\d>|[a-z0-9]{5}\b)/g, 'r-x');
const eventText = ({ reason, message, involvedObject }: Pick<Event, 'reason' | 'message' | 'involvedObject'>) =>
  named(`${involvedObject.name} ${reason}: ${message}`);

function outcomeOf({ metadata, spec, status }: Pod): string {
  const conditions = (status?.conditions ?? []).filter(
    ({ type }) => type === 'PodScheduled' || type === 'DisruptionTarget',
  );
  const texts = conditions.map(each =>
    [each.type, each.status, each.reason, each.message, each.observedGeneration].join(' '),
  );
  return named([metadata?.name, spec?.nodeName, status?.nominatedNodeName, ...texts].join(' | ')).replace(/n\d$/, 'n');
}

async function saidOf(client: Client, known: readonly Pod[]): Promise<string[]> {
  const { items } = await client.list<Event>(events);
  const texts = items
    .filter(isOurs)
    .flatMap(event => Array(event.series?.count ?? 1).fill(eventText(event)) as string[]);
  const nameOf = new Map(known.map(({ metadata }) => [metadata?.uid, metadata?.name]));
  return sorted(
    [...new Set(texts)].map(text =>
      text.replace(/pod ([0-9a-f-]{36})/, (_, uid) => `pod <uid:Pod/${nameOf.get(uid)}>`),
    ),
  );
}

async function take(step: Step, client: Client, clock: FakeClock, settle: () => Promise<void>): Promise<void> {
  if (step.pause !== undefined) clock.advance(step.pause * 1000);
  if (step.method !== undefined) {
    const { method, path = '', body, contentType = 'application/json' } = step;
    await client.send({ method, target: path, body, contentType });
  }
  await settle();
  if (step.wait === undefined) return;
  for (let waitedMs = 0; !(await holds(step.wait, client)); waitedMs += waitStepMs) {
    assert.ok(waitedMs < waitMsMax, () => `waited in vain for ${JSON.stringify(step.wait)}`);
    clock.advance(waitStepMs);
    await settle();
  }
}

async function holds({ path, is = {}, event, gone }: NonNullable<Step['wait']>, client: Client): Promise<boolean> {
  const object = await client.send({ method: 'GET', target: path }).catch(error => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (gone) return object === undefined;
  if (object === undefined) return false;
  if (event !== undefined) {
    const { items } = await client.list<Event>(events, { namespace });
    if (!items.some(each => each.reason === event && each.involvedObject.name === object.metadata.name)) return false;
  }
  return Object.entries(is).every(([field, value]) => {
    const found = fieldOf(object, field);
    return typeof value === 'object' ? (found ?? []).length === value.len : found === value;
  });
}

function fieldOf(object: AnyJson, path: string): AnyJson {
  let value = object;
  for (const [, name = '', type] of path.matchAll(/([^.[\]]+)(?:\[([^\]]+)\])?/g)) {
    value = value?.[name];
    if (type !== undefined) value = value?.find((each: AnyJson) => each.type === type);
  }
  return value;
}

/** Nodes are as their annotations say, Pods run at once and go when they are told to. */
function playKubelet(client: Client, informers: Informers, clock: FakeClock): void {
  const start = async (node: Node) => {
    const annotations = node.metadata?.annotations ?? {};
    const capacity = JSON.parse(annotations['fake/capacity'] ?? '{}');
    const images = JSON.parse(annotations['fake/images'] ?? '[]');
    const taints = (node.spec?.taints ?? []).filter(({ key }) => key !== 'node.kubernetes.io/not-ready');
    if (node.spec?.unschedulable) taints.push({ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' });
    const ref = refOf(node);
    await client.patchMerge(
      nodes,
      ref,
      { status: { capacity, allocatable: capacity, images } },
      { subresource: 'status' },
    );
    await client.patchMerge(nodes, ref, { spec: { taints: taints.length === 0 ? null : taints } });
  };
  const run = async (pod: Pod) => {
    const time = rfc3339(clock.nowMs());
    const ready = { type: 'Ready', status: 'True', lastTransitionTime: time };
    const status = { phase: 'Running', startTime: time, conditions: [ready] };
    await client.patchStrategic(pods, refOf(pod), { status }, { subresource: 'status' });
  };
  const end = (pod: Pod) => {
    const remove = () => void client.delete(pods, refOf(pod), { gracePeriodSeconds: 0 }).catch(() => undefined);
    clock.after(Number(pod.metadata?.annotations?.['fake/hold-delete'] ?? 1), remove);
  };
  informers.of<Node>(nodes).on({ add: node => void start(node) });
  const consider = (pod: Pod) => {
    if (!pod.spec?.nodeName) return;
    if (pod.metadata?.deletionTimestamp) end(pod);
    else if (pod.status?.phase === 'Pending') void run(pod).catch(() => undefined);
  };
  informers.of<Pod>(pods).on({ add: consider, update: (_, pod) => consider(pod) });
}

/** Enough of it: how many of the budget's Pods run beyond those that must. */
function playDisruptionController(client: Client, informers: Informers): void {
  const budgets = informers.of<PodDisruptionBudget>(podDisruptionBudgets);
  const running = informers.of<Pod>(pods);
  const consider = () => {
    for (const budget of budgets.values()) {
      const test = selectorTest(budget.spec.selector);
      const healthyCount = [...running.values()].filter(
        pod => test(pod.metadata.labels) && pod.status.phase === 'Running',
      ).length;
      const disruptionsAllowed = Math.max(0, healthyCount - Number(budget.spec.minAvailable ?? 0));
      if (budget.status?.observedGeneration && budget.status.disruptionsAllowed === disruptionsAllowed) continue;
      const status = {
        observedGeneration: 1,
        disruptionsAllowed,
        currentHealthy: healthyCount,
        desiredHealthy: 0,
        expectedPods: 0,
      };
      void client
        .patchMerge(podDisruptionBudgets, refOf(budget), { status }, { subresource: 'status' })
        .catch(() => undefined);
    }
  };
  budgets.on({ add: consider });
  running.on({ update: consider, delete: consider });
}
