/**
 * Plays recordings of what upstream's controllers do (`loops-*.jsonl`) against ours: an API server in memory, all
 * controllers, and something that runs Pods as the recorder's fake kubelet did. Of each case it checks that every awaited
 * state comes and that the same Events are said.
 *
 * node tools/replay-loops.ts FILE.jsonl [PATTERN]
 *
 * Cases that name a ReplicaSet by upstream's hash cannot pass: ours is another. Nor those that need kubectl or a
 * scheduler.
 */

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { namespaces } from '#api/core/namespace.ts';
import type { Node } from '#api/core/node.ts';
import { nodes } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { ApiError } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import { Informers } from '#client/informer.ts';
import type { Stored } from '#client/object.ts';
import { refOf } from '#client/object.ts';
import { startControllers } from '#controllers/start.ts';
import { systemClock as clock, rfc3339 } from '#lib/clock.ts';
import { silentLog } from '#lib/log.ts';
import { newAuthority } from '#lib/pki.ts';
import { systemRandom as random } from '#lib/random.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { inMemoryServer } from '#testing/in-memory-server.ts';

const waitMsMax = 15_000;
const pauseMsMax = 1_500;
const lookMs = 20;
const startMs = 15;
/** The Node of every Pod that asks for no other. */
const homeName = 'n1';

/** `status.conditions[Ready].status`, `items[0].name`, `metadata.annotations["a/b"]`. */
function valueAt(object: AnyJson, path: string): AnyJson {
  for (const part of path.match(/\["[^"]*"\]|\[[^\]]*\]|[^.[\]]+/g) ?? []) {
    if (object === undefined || object === null) return undefined;
    if (part.startsWith('["')) object = object[part.slice(2, -2)];
    else if (!part.startsWith('[')) object = object[part];
    else {
      const name = part.slice(1, -1);
      object = /^\d+$/.test(name)
        ? object[Number(name)]
        : object.find((each: AnyJson) => [each.type, each.name].includes(name));
    }
  }
  return object;
}

function isAsWanted(value: AnyJson, wanted: AnyJson): boolean {
  if (typeof wanted !== 'object' || wanted === null) {
    return wanted === 0 ? (value ?? 0) === 0 : String(value) === String(wanted);
  }
  if ('exists' in wanted) return (value !== undefined) === wanted.exists;
  if ('len' in wanted) return (value?.length ?? 0) === wanted.len;
  return (value ?? 0) >= wanted.gte;
}

const allWanted = (object: AnyJson, wanted: Record<string, AnyJson>) =>
  Object.entries(wanted).every(([path, value]) => isAsWanted(valueAt(object, path), value));

/** Runs Pods by their `fake/…` annotations. */
class FakeKubelet {
  readonly #client: Client;
  #addressCount = 1;
  readonly #started = new Set<string>();

  constructor(client: Client) {
    this.#client = client;
  }

  async see(pod: Stored<Pod>): Promise<void> {
    try {
      if (pod.metadata.deletionTimestamp) await this.#end(pod);
      else if (!pod.spec.nodeName) await this.#bind(pod);
      else await this.#start(pod);
    } catch (error) {
      // Gone, or changed by another: its next event comes here again.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  async #bind(pod: Stored<Pod>): Promise<void> {
    if (pod.metadata.annotations?.['fake/never-start'] !== undefined) return;
    const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    const name = required?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0] ?? homeName;
    const binding = { metadata: { name: pod.metadata.name }, target: { kind: 'Node', name } };
    await this.#client.createSubresource(pods, refOf(pod), 'binding', binding);
  }

  async #start(pod: Stored<Pod>): Promise<void> {
    const { annotations = {}, uid } = pod.metadata;
    if (this.#started.has(uid)) return;
    this.#started.add(uid);
    await pause(startMs);
    const podIP = `10.244.${this.#addressCount >> 8}.${++this.#addressCount & 255}`;
    const ready = annotations['fake/never-ready'] === undefined;
    await this.#say(pod, 'Running', ready, { podIP, podIPs: [{ ip: podIP }], startTime: rfc3339(clock.nowMs()) });
    const byIndex = JSON.parse(annotations['fake/exit-by-index'] ?? '{}');
    const exit = annotations['fake/exit'] ?? byIndex[annotations['batch.kubernetes.io/job-completion-index'] ?? ''];
    if (exit === undefined) return;
    await pause(Number(annotations['fake/exit-after'] ?? lookMs));
    const finishedAt = rfc3339(clock.nowMs());
    const terminated = { exitCode: Number(exit), startedAt: finishedAt, finishedAt };
    const containerStatuses = [
      { name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0, state: { terminated } },
    ];
    await this.#say(pod, Number(exit) === 0 ? 'Succeeded' : 'Failed', false, { containerStatuses });
  }

  async #end(pod: Stored<Pod>): Promise<void> {
    await pause(Number(pod.metadata.annotations?.['fake/hold-delete'] ?? 0));
    const isRunning = pod.status.phase === 'Running' || pod.status.phase === 'Pending';
    if (isRunning) await this.#say(pod, 'Failed', false, {}).catch(() => {});
    const preconditions = { uid: pod.metadata.uid };
    await this.#client.delete(pods, refOf(pod), { gracePeriodSeconds: 0, preconditions });
  }

  async #say(pod: Stored<Pod>, phase: string, ready: boolean, more: object): Promise<void> {
    const lastTransitionTime = rfc3339(clock.nowMs());
    const status = ready ? 'True' : 'False';
    const conditions = ['Ready', 'ContainersReady'].map(type => ({ type, status, lastTransitionTime }));
    const patch = { status: { phase, conditions, ...more } };
    await this.#client.patchStrategic(pods, refOf(pod), patch, { subresource: 'status' });
  }
}

/** `{{ns}}` and `{{2.metadata.uid}}` in a step. */
function filledIn(value: AnyJson, namespace: string, replies: readonly AnyJson[]): AnyJson {
  if (typeof value === 'string') {
    return value
      .replaceAll('{{ns}}', namespace)
      .replace(/\{\{(\d+)\.([^}]*)\}\}/g, (_, index, path) => valueAt(replies[Number(index)], path));
  }
  if (Array.isArray(value)) return value.map(each => filledIn(each, namespace, replies));
  if (typeof value !== 'object' || value === null) return value;
  const fill = (each: AnyJson) => filledIn(each, namespace, replies);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [fill(key), fill(each)]));
}

async function isMet(client: Client, wait: AnyJson): Promise<boolean> {
  try {
    const object = await client.send({ method: 'GET', target: wait.path });
    if (wait.gone) return false;
    if (wait.is) return allWanted(object, wait.is);
    if (wait.where) return object.items.filter((each: AnyJson) => allWanted(each, wait.where)).length === wait.count;
    const events = await client.send({ method: 'GET', target: '/api/v1/events' });
    const { name } = object.metadata;
    return events.items.some((each: AnyJson) => each.reason === wait.event && each.involvedObject.name === name);
  } catch (error) {
    return Boolean(wait.gone) && error instanceof ApiError && error.code === 404;
  }
}

/** Plays one step; gives what went otherwise than recorded. */
async function play(client: Client, step: AnyJson, replies: AnyJson[]): Promise<string | undefined> {
  if (step.pause) {
    replies.push(undefined);
    await pause(Math.min(step.pause * 1000, pauseMsMax));
    return undefined;
  }
  if (step.wait) {
    const at = replies.push(undefined) - 1;
    for (const untilMs = clock.monotonicMs() + waitMsMax; clock.monotonicMs() < untilMs; await pause(lookMs)) {
      if (!(await isMet(client, step.wait))) continue;
      if (!step.wait.gone) replies[at] = await client.send({ method: 'GET', target: step.wait.path });
      return undefined;
    }
    return `waited in vain for ${JSON.stringify(step.wait)}`;
  }
  let code = step.status;
  try {
    const { method, path: target, body, contentType = 'application/json' } = step;
    replies.push(await client.send({ method, target, body, contentType }));
    if (code < 300) return undefined;
    code = 200;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    replies.push(error.status);
    code = error.code;
  }
  return code === step.status ? undefined : `${step.method} ${step.path}: want ${step.status} | got ${code}`;
}

/** Without generated parts, which differ from run to run. */
function plain(event: AnyJson, namespace: string): string {
  const text = `${event.type} ${event.reason} ${event.message}`.replaceAll(namespace, '{{ns}}');
  return text
    .replace('(combined from similar events): ', '')
    .replace(
      /-<gen(-\d+)?>|-[bcdfghjklmnpqrstvwxz2456789]{5,10}(?![\w])|-[bcdfghjklmnpqrstvwxz2456789]{6,10}(?=-)/g,
      '-*',
    )
    .replace(/uid: [^\]]*\]/g, 'uid: *]');
}

async function missingEvents(client: Client, recorded: AnyJson, namespace: string): Promise<string[]> {
  const all = await client.send({ method: 'GET', target: '/api/v1/events' });
  const ours = all.items.filter((each: AnyJson) => JSON.stringify(each.involvedObject).includes(namespace));
  const said = new Set(ours.map((each: AnyJson) => plain(each, namespace)));
  const wanted = recorded.events.filter((each: AnyJson) => each.reportingComponent !== 'default-scheduler');
  return wanted.map((each: AnyJson) => plain(each, namespace)).filter((text: string) => !said.has(text));
}

async function playCase(client: Client, recorded: AnyJson, namespace: string): Promise<string | undefined> {
  await client.create(namespaces, { metadata: { name: namespace } });
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  while (!(await isMet(client, { path: account, is: { 'metadata.name': 'default' } }))) await pause(lookMs);
  const replies: AnyJson[] = [];
  for (const step of [...recorded.setup, ...recorded.actions]) {
    const problem = await play(client, filledIn(step, namespace, replies), replies);
    if (problem !== undefined) return problem;
  }
  await pause(150);
  const missing = await missingEvents(client, recorded, namespace);
  return missing.length > 0 ? `not said: ${missing.join(' | ')}` : undefined;
}

/** A Node whose kubelet is on says that it is ready, unless it is told to say that it is not. */
async function seeNode(client: Client, { metadata }: Stored<Node>): Promise<void> {
  const { name, annotations = {} } = metadata;
  if (annotations['fake/kubelet'] !== 'on') return;
  const status = annotations['fake/not-ready'] === undefined ? 'True' : 'False';
  const conditions = [{ type: 'Ready', status, lastTransitionTime: rfc3339(clock.nowMs()) }];
  await client.patchMerge(nodes, { name }, { status: { conditions } }, { subresource: 'status' });
}

/** Nodes that a case made would get in the way of the next. */
async function clearNodes(client: Client): Promise<void> {
  for (const { metadata } of (await client.list(nodes)).items) {
    if (metadata.name !== homeName) await client.delete(nodes, { name: metadata.name });
  }
}

const [file, pattern = '.'] = process.argv.slice(2);
if (file === undefined) throw new Error('Say which recording to play: node tools/replay-loops.ts FILE.jsonl [PATTERN]');
const server = await inMemoryServer(clock);
const client = server.client();
const subject = { commonName: 'kubernetes-ca', organizations: [] };
const nowMs = clock.nowMs();
const controllers = startControllers({
  client: server.client('kube-controller-manager', ['system:masters']),
  clock,
  random,
  log: silentLog,
  controllers: ['*', 'token-cleaner-controller'],
  rootCaPem: 'CA',
  signLegacyToken: () => 'token',
  clusterCidr: '10.244.0.0/16',
  signingAuthority: newAuthority({ subject, notBeforeMs: nowMs - 3_600_000, notAfterMs: nowMs + 1e12 }, random),
  freeze: true,
});
const informers = new Informers({ client, clock, random });
const kubelet = new FakeKubelet(client);
informers.of(pods).on({
  add: pod => void kubelet.see(pod),
  update(old, pod) {
    const moved = old.spec.nodeName !== pod.spec.nodeName;
    if (moved || old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp) void kubelet.see(pod);
  },
});
informers.of(nodes).on({ add: node => void seeNode(client, node) });
await client.create(nodes, { metadata: { name: homeName, annotations: { 'fake/kubelet': 'on' } } });
let [passedCount, failedCount] = [0, 0];
for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
  const recorded = JSON.parse(line);
  if (!new RegExp(pattern).test(recorded.name) || line.includes('"kubectl":')) continue;
  const problem = await playCase(client, recorded, `case-${passedCount + failedCount}`);
  await clearNodes(client);
  if (problem === undefined) passedCount++;
  else {
    failedCount++;
    process.stdout.write(`FAIL ${recorded.name}\n     ${problem.slice(0, 600)}\n`);
  }
}
process.stdout.write(`${passedCount} passed, ${failedCount} failed\n`);
informers.stop();
controllers.stop();
await server.close();
