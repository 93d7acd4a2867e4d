/**
 * The life of one object, path by path: which values it had one after another. Values that come and go between two
 * writes depend on who was faster, so of numbers that rise or fall only the turning points count.
 */

import type { AnyJson } from '#machinery/schema.ts';
import { differences } from './match.ts';
import type { Change } from './world.ts';

type Flat = Map<string, AnyJson>;

export interface History {
  readonly name: string;
  readonly states: readonly Flat[];
}

const metadataLeftOut = new Set(['namespace', 'uid', 'resourceVersion', 'creationTimestamp', 'managedFields']);
const volatileKeys = new Set([
  'lastTransitionTime',
  'lastUpdateTime',
  'lastHeartbeatTime',
  'lastProbeTime',
  'timeAdded',
  'containerStatuses',
  'hostIP',
  'hostIPs',
  'podIP',
  'podIPs',
]);
/** Lists of conditions are known by their types. */
const isTyped = (list: AnyJson[]) => list.length > 0 && list.every(each => each?.type && each?.status !== undefined);

function flatten(value: AnyJson, path: string, out: Flat): Flat {
  if (Array.isArray(value) && isTyped(value)) {
    for (const each of value) {
      const { type, ...rest } = each;
      flatten(rest, `${path}[${type}]`, out);
    }
  } else if (Array.isArray(value) || typeof value !== 'object' || value === null) {
    const isNothing =
      (Array.isArray(value) && value.length === 0 && path.endsWith('conditions')) ||
      (value === 0 && path.endsWith('deletionGracePeriodSeconds'));
    if (!isNothing && !leftOut.test(path)) out.set(path, stripped(value));
  } else {
    for (const [key, each] of Object.entries(value)) {
      const isLeftOut = volatileKeys.has(key) || (path === 'metadata' && metadataLeftOut.has(key));
      if (!isLeftOut) flatten(each, path === '' ? key : `${path}.${key}`, out);
    }
  }
  return out;
}

/** What admission adds is seen in the final objects. */
const leftOut =
  /^spec\.(tolerations|volumes)$|^status\.uncountedTerminatedPods|^status\.certificate|^status\.startTime$|^data\.ca\.crt$/;

const timePattern = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|([+-]\d\d:\d\d))$/;

/** Lists are compared whole, without what differs from run to run. */
function stripped(value: AnyJson): AnyJson {
  if (Array.isArray(value)) return value.map(stripped);
  if (typeof value === 'string') return timePattern.test(value) ? value.replace(timePattern, '<time$1>') : value;
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== 'timeAdded');
  return Object.fromEntries(kept.map(([key, each]) => [key, stripped(each)]));
}

const gone: Flat = new Map([['$', 'gone']]);
const there = (flat: Flat): Flat => flat.set('$', 'there');

/** One for each life: a second object of the same name is another. */
export function ourHistories(name: string, changes: readonly Change[]): History[] {
  const lives = new Map<string, Change[]>();
  for (const change of changes) {
    const { uid } = change.object.metadata;
    lives.set(uid, [...(lives.get(uid) ?? []), change]);
  }
  return [...lives.values()].map((life, index) => ({
    name: name + '#'.repeat(index),
    states: life.map(({ type, object }) => {
      const { apiVersion, kind, ...rest } = object;
      return type === 'DELETED' ? gone : there(flatten(rest, '', new Map()));
    }),
  }));
}

/** The recorded steps tell what changed; here is what was, at each. */
export function recordedHistory(name: string, events: readonly AnyJson[]): History {
  let current: Flat = new Map();
  const states: Flat[] = [];
  for (const { type, object, set = {}, unset = [] } of events) {
    if (type === 'DELETED') {
      states.push(gone);
      continue;
    }
    if (type === 'ADDED') current = flatten(object, '', new Map());
    else current = new Map(current);
    for (const path of unset) remove(current, path);
    for (const [path, value] of Object.entries<AnyJson>(set)) {
      if (path.endsWith('.order')) continue;
      const plain = path.replace(/\["([^"]*)"\]/g, '.$1');
      remove(current, plain);
      flatten(value, plain, current);
    }
    states.push(there(current));
    current = new Map(current);
  }
  return { name, states };
}

function remove(flat: Flat, path: string): void {
  const plain = path.replace(/\["([^"]*)"\]/g, '.$1');
  for (const key of flat.keys()) {
    if (key === plain || key.startsWith(`${plain}.`) || key.startsWith(`${plain}[`)) flat.delete(key);
  }
}

/**
 * What one path was, without repeats; `undefined` while it was not there. `varies`: of a count only where it came from and
 * where it went.
 */
function course({ states }: History, path: string, varies: boolean): AnyJson[] {
  const values: AnyJson[] = [];
  for (const state of states) {
    if (state === gone && path !== '$') continue;
    const value = state.get(path);
    if (values.length === 0 || JSON.stringify(values.at(-1)) !== JSON.stringify(value)) values.push(value);
  }
  if (!isCount(values)) return values;
  const counts = values.map(value => value ?? 0);
  return varies ? [counts[0], counts.at(-1)] : turningPoints(counts);
}

const isCount = (values: AnyJson[]) =>
  values.some(value => typeof value === 'number') &&
  values.every(value => value === undefined || typeof value === 'number');

function turningPoints(values: number[]): number[] {
  const kept: number[] = [];
  for (const value of values) {
    if (value === kept.at(-1)) continue;
    const [before, last] = [kept.at(-2), kept.at(-1)];
    if (before !== undefined && last !== undefined && Math.sign(last - before) === Math.sign(value - last)) kept.pop();
    kept.push(value);
  }
  return kept;
}

const changing = (history: History) => {
  const paths = new Set<string>();
  const first = history.states[0];
  for (const state of history.states) {
    if (state === gone) continue;
    for (const path of new Set([...state.keys(), ...(first?.keys() ?? [])])) {
      if (JSON.stringify(state.get(path)) !== JSON.stringify(first?.get(path))) paths.add(path);
    }
  }
  return paths;
};

/** Paths of ours that the recorder left out. */
const unrecorded = /^status\.(capacity|allocatable|addresses|daemonEndpoints|nodeInfo|images|qosClass)|^\$$/;

/** What the fake kubelets write comes sooner or later than it did. */
const ofKubelet =
  /^status\.(phase|observedGeneration|conditions\[(PodReadyToStartContainers|Initialized|Ready|ContainersReady))|^metadata.deletionGracePeriodSeconds/;

export interface Leniency {
  /** Upstream's own two runs disagreed about this object. */
  readonly varies: boolean;
  /** It is a Pod, and the case is not about Nodes. */
  readonly isRun: boolean;
}

export function historyDifferences(recorded: History, ours: History, { varies, isRun }: Leniency): string[] {
  const paths = new Set(recorded.states.flatMap(state => [...state.keys()]));
  for (const path of changing(ours)) if (!unrecorded.test(path)) paths.add(path);
  return [...paths].flatMap(path => {
    if (isRun && (ofKubelet.test(path) || path === '$')) return [];
    // How many of a Job's Pods are ready is counted once a second: those that end sooner are never seen.
    const isLoose = varies || path === 'status.ready';
    const [want, got] = [course(recorded, path, isLoose), course(ours, path, isLoose)];
    if (want.length === got.length && want.every((each, at) => differences(each, got[at], false, path).length === 0))
      return [];
    if (varies && (isWithin(want, got) || isWithin(got, want))) return [];
    return [`${recorded.name} ${path}: ${list(want)} | ${list(got)}`];
  });
}

/** Whether one course is the other with steps left out. */
function isWithin(few: AnyJson[], many: AnyJson[]): boolean {
  const same = (a: AnyJson, b: AnyJson) =>
    differences(a, b, false).length === 0 || differences(b, a, false).length === 0;
  let at = 0;
  for (const each of many) if (at < few.length && same(few[at], each)) at++;
  return at === few.length;
}

const list = (values: AnyJson[]) => values.map(value => (JSON.stringify(value) ?? '-').slice(0, 160)).join(' > ');
