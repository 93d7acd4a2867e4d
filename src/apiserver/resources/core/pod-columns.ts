/** What `kubectl get pods` shows: above all one word for how a Pod is doing. */

import type { ContainerState, ContainerStatus } from '#api/core/container-status.ts';
import type { Pod } from '#api/core/pod.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import type { Column } from '#apiserver/resources/strategy.ts';
import { ageOf } from '#machinery/human-duration.ts';

interface PodSummary {
  readonly ready: number;
  readonly total: number;
  readonly status: string;
  readonly restarts: number;
  readonly lastRestart: string | undefined;
}

export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  {
    name: 'Ready',
    type: 'string',
    cell: pod => {
      const { ready, total } = summary(pod);
      return `${ready}/${total}`;
    },
  },
  { name: 'Status', type: 'string', cell: pod => summary(pod).status },
  {
    name: 'Restarts',
    type: 'string',
    timed: true,
    cell: (pod, nowMs) => {
      const { restarts, lastRestart } = summary(pod);
      return restarts > 0 && lastRestart !== undefined
        ? `${restarts} (${ageOf(lastRestart, nowMs)} ago)`
        : String(restarts);
    },
  },
  ageColumn,
  textColumn('IP', pod => pod.status?.podIPs?.[0]?.ip || '<none>', 1),
  textColumn('Node', pod => pod.spec?.nodeName || '<none>', 1),
  textColumn('Nominated Node', pod => pod.status?.nominatedNodeName || '<none>', 1),
  textColumn('Readiness Gates', readinessGates, 1),
];

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const open = gates.filter(gate => conditionOf(pod, gate.conditionType)?.status === 'True');
  return `${open.length}/${gates.length}`;
}

const conditionOf = (pod: Pod, type: string) => pod.status?.conditions?.find(condition => condition.type === type);

/** The restarts that count at a stage, and when the last of them was. */
class Restarts {
  count = 0;
  last: string | undefined;

  add(status: ContainerStatus): void {
    this.count += status.restartCount ?? 0;
    const finished = status.lastState?.terminated?.finishedAt;
    if (finished && (this.last === undefined || this.last < finished)) this.last = finished;
  }
}

export function summary(pod: Pod): PodSummary {
  const { status, spec } = pod;
  const sidecars = new Set(
    (spec?.initContainers ?? []).filter(each => each.restartPolicy === 'Always').map(each => each.name),
  );
  const total = (spec?.containers?.length ?? 0) + sidecars.size;
  const initial = startingWord(pod);
  const init = duringInit(pod, sidecars);
  let { restarts, ready } = init;
  let word = init.word ?? initial;
  if (init.word === undefined || conditionOf(pod, 'Initialized')?.status === 'True') {
    const running = afterInit(pod, word);
    ready += running.ready;
    word = running.word;
    restarts = new Restarts();
    for (const each of status?.initContainerStatuses ?? []) if (sidecars.has(each.name)) restarts.add(each);
    for (const each of status?.containerStatuses ?? []) restarts.add(each);
  }
  if (pod.metadata?.deletionTimestamp) word = beingDeleted(pod, word);
  return { ready, total, status: word, restarts: restarts.count, lastRestart: restarts.last };
}

function startingWord(pod: Pod): string {
  if (conditionOf(pod, 'PodScheduled')?.reason === 'SchedulingGated') return 'SchedulingGated';
  return pod.status?.reason || pod.status?.phase || '';
}

function beingDeleted(pod: Pod, word: string): string {
  if (pod.status?.reason === 'NodeLost') return 'Unknown';
  const phase = pod.status?.phase;
  return phase === 'Succeeded' || phase === 'Failed' ? word : 'Terminating';
}

/** Up to the first init container that is not through; a word only when there is one. */
function duringInit(
  pod: Pod,
  sidecars: ReadonlySet<string>,
): { word: string | undefined; ready: number; restarts: Restarts } {
  const restarts = new Restarts();
  const statuses = pod.status?.initContainerStatuses ?? [];
  const total = pod.spec?.initContainers?.length ?? 0;
  let ready = 0;
  for (const [i, status] of statuses.entries()) {
    restarts.add(status);
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecars.has(status.name) && status.started) {
      if (status.ready) ready++;
      continue;
    }
    if (terminated) return { word: `Init:${endedWord(terminated)}`, ready, restarts };
    const reason = waiting?.reason;
    const word = reason && reason !== 'PodInitializing' ? `Init:${reason}` : `Init:${i}/${total}`;
    return { word, ready, restarts };
  }
  return { word: undefined, ready, restarts };
}

function endedWord(terminated: NonNullable<ContainerState['terminated']>): string {
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

/** The first container that waits or has ended gives the word. */
function afterInit(pod: Pod, before: string): { word: string; ready: number } {
  let word = before;
  let ready = 0;
  for (const { state, ready: isReady } of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    if (state?.waiting?.reason) word = state.waiting.reason;
    else if (state?.terminated) word = endedWord(state.terminated);
    else if (isReady && state?.running) ready++;
  }
  if (word === 'Completed' && ready > 0) {
    word = conditionOf(pod, 'Ready')?.status === 'True' ? 'Running' : 'NotReady';
  }
  return { word, ready };
}
