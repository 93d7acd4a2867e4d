/** The states that a Pod went through, and how they differ from those recorded. */

import type { AnyJson } from '#machinery/schema.ts';
import type { Names } from './names.ts';
import { leavesOf, setAt } from './values.ts';

export interface State {
  /** Sorted leaves of what counts. */
  leaves: readonly string[];
  /** What it is when nothing came before that upstream did not always show. */
  otherwise?: readonly string[];
  /** Upstream did not always show it. */
  maybe: boolean;
}

const metadataFields = ['generation', 'deletionTimestamp', 'deletionGracePeriodSeconds'];

function stateOf(object: AnyJson, maybe: boolean): State {
  // The recorder left out a grace period of 0.
  const metadata = Object.fromEntries(metadataFields.map(field => [field, object.metadata?.[field] || undefined]));
  const status = { ...object.status };
  status.conditions = (status.conditions ?? []).map((condition: AnyJson) => {
    const { lastProbeTime: _, lastTransitionTime: __, ...rest } = condition;
    return rest;
  });
  const shown = JSON.parse(JSON.stringify({ metadata, status, nodeName: object.spec?.nodeName }));
  return { leaves: leavesOf(shown).sort(), maybe };
}

const gone: State = { leaves: ['gone'], maybe: false };

/** The recorder wrote what changed; the states are put together from that. */
export function recordedStates(events: readonly AnyJson[]): State[] {
  let object: AnyJson = {};
  let sparse: AnyJson = {};
  const states = events.map(event => {
    if (event.type === 'DELETED') return gone;
    const maybe = event.maybe === true;
    object = changed(object, event);
    if (!maybe) sparse = changed(sparse, event);
    return { ...stateOf(object, maybe), otherwise: stateOf(sparse, false).leaves };
  });
  // A label is no part of a state.
  return states.filter(({ leaves }, i) => leaves.join('\n') !== states[i - 1]?.leaves.join('\n'));
}

function changed(before: AnyJson, event: AnyJson): AnyJson {
  const object = structuredClone(event.object ?? before);
  for (const [path, value] of Object.entries(event.set ?? {})) {
    if (!path.endsWith('.order')) setAt(object, path, structuredClone(value));
  }
  for (const path of event.unset ?? []) setAt(object, path, undefined);
  return object;
}

export function seenStates(events: readonly AnyJson[], names: Names): State[] {
  const states = events.map(({ type, object }) => (type === 'DELETED' ? gone : stateOf(names.walk(object), false)));
  return states.filter((state, i) => i === 0 || state.leaves.join('\n') !== states[i - 1]?.leaves.join('\n'));
}

const isSame = (one: State | undefined, other: State | undefined) =>
  one?.leaves.join('\n') === other?.leaves.join('\n');

/** The lines of a comparison, from a longest common subsequence; empty when all that must be there is, and nothing else. */
export function compareStates(wanted: readonly State[], seen: readonly State[]): string[] {
  return isOver(wanted.at(-1)) ? differences(wanted, seen) : differences(...cut(wanted, seen));
}

export const isOver = (state: State | undefined): boolean =>
  state?.leaves.some(leaf => leaf === 'gone' || /^status\.phase = "(Succeeded|Failed)"/.test(leaf)) ?? true;

/** The recorder stopped somewhere on the way: what came after that, in either, does not count. */
function cut(wanted: readonly State[], seen: readonly State[]): [readonly State[], readonly State[]] {
  for (let i = wanted.length - 1; i >= wanted.length - 2; i--) {
    const j = seen.findLastIndex(state => isSame(wanted[i], state));
    if (j >= 0) return [wanted.slice(0, i + 1), seen.slice(0, j + 1)];
    // A write that upstream makes as it starts a container again.
    if (!wanted[i]?.maybe && !wanted[i - 1]?.leaves.some(leaf => leaf.includes('CrashLoopBackOff'))) break;
  }
  return [wanted, seen];
}

/**
 * Upstream writes when it comes to it, so that states of a moment are often left out: they may be here. Not so a reason
 * for waiting, or an end, that is not in the states recorded around it.
 */
function isPassing({ leaves }: State, after: State | undefined): boolean {
  const telling = leaves.filter(
    leaf =>
      (/\.waiting\.reason = /.test(leaf) && !/"(ContainerCreating|PodInitializing)"$/.test(leaf)) ||
      /state\.terminated\.|phase = "(Failed|Succeeded)"/.test(leaf),
  );
  return telling.every(leaf => after?.leaves.includes(leaf));
}

function differences(wanted: readonly State[], seen: readonly State[]): string[] {
  const lengths = Array.from({ length: wanted.length + 1 }, () => new Array<number>(seen.length + 1).fill(0));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = wanted.length - 1; i >= 0; i--) {
    for (let j = seen.length - 1; j >= 0; j--) {
      const row = lengths[i] as number[];
      row[j] = isSame(wanted[i], seen[j]) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  let gap: Gap = { wanted: [], seen: [] };
  const close = () => {
    lines.push(...linesOf(gap));
    gap = { wanted: [], seen: [] };
  };
  while (i < wanted.length || j < seen.length) {
    const [one, other] = [wanted[i], seen[j]];
    if (one !== undefined && other !== undefined && isSame(one, other)) {
      if (gap.wanted.every(({ state }) => state.maybe)) {
        gap.seen = gap.seen.filter(({ state }) => !isPassing(state, one));
      }
      close();
      i++;
      j++;
    } else if (one !== undefined && (other === undefined || at(i + 1, j) >= at(i, j + 1))) {
      gap.wanted.push({ state: one, before: wanted[i - 1] });
      i++;
    } else {
      gap.seen.push({ state: other as State, before: seen[j - 1] });
      j++;
    }
  }
  close();
  return lines;
}

interface Gap {
  wanted: { state: State; before: State | undefined }[];
  seen: { state: State; before: State | undefined }[];
}

function linesOf({ wanted, seen }: Gap): string[] {
  const must = wanted.filter(({ state }) => !state.maybe);
  if (must.length === 0 && seen.length === 0) return [];
  if (must.length !== seen.length) {
    return [
      ...wanted.map(({ state, before }) => `  - ${state.maybe ? '(maybe) ' : ''}${delta(before, state.leaves)}`),
      ...seen.map(({ state, before }) => `  + ${delta(before, state.leaves)}`),
    ];
  }
  return must.flatMap(({ state: one }, at) => {
    const { leaves } = (seen[at] as Gap['seen'][0]).state;
    return [
      ...one.leaves.filter(leaf => !leaves.includes(leaf)).map(leaf => `  -${at} ${leaf}`),
      ...leaves.filter(leaf => !one.leaves.includes(leaf)).map(leaf => `  +${at} ${leaf}`),
    ];
  });
}

/** What is new in a state, short. */
function delta(before: State | undefined, leaves: readonly string[]): string {
  const news = leaves.filter(leaf => !before?.leaves.includes(leaf));
  const lost = (before?.leaves ?? []).filter(leaf => !leaves.some(one => one.split(' = ')[0] === leaf.split(' = ')[0]));
  return [...news, ...lost.map(leaf => `without ${leaf.split(' = ')[0]}`)]
    .map(line => line.replace(/^status\./, '').replace(' = ', '='))
    .join('; ');
}
