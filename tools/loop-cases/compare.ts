/** Holds what happened in a case against what was recorded of it: changes, final objects, Events. */

import type { AnyJson } from '#machinery/schema.ts';
import type { History } from './history.ts';
import { historyDifferences, ourHistories, recordedHistory } from './history.ts';
import { differences, textMatches } from './match.ts';
import type { World } from './world.ts';
import { homeNames, resourceOf } from './world.ts';

const hashLabels = ['pod-template-hash', 'controller-revision-hash', 'controller.kubernetes.io/hash'];

export interface Outcome {
  readonly changes: string[];
  readonly final: string[];
  readonly events: string[];
}

/** The hashes of templates, in the order in which they came up. */
function hashesIn(text: string): string[] {
  const found = new Set<string>();
  const pattern = new RegExp(
    `"(?:${hashLabels.join('|').replaceAll('.', '\\.')})": ?"(?:[a-z0-9-]+-)?([a-z0-9]+)"`,
    'g',
  );
  for (const [, hash] of text.matchAll(pattern)) if (hash !== undefined) found.add(hash);
  return [...found];
}

function tagged(text: string, hashes: readonly string[]): string {
  for (const [index, hash] of hashes.entries()) {
    text = text.replace(new RegExp(`\\b${hash}(?![a-z0-9])`, 'g'), `<hash:${index}>`);
  }
  return text;
}

export function compareCase(world: World, recorded: AnyJson, namespace: string): Outcome {
  const order = ['replicasets', 'controllerrevisions'];
  const inOrder = order.map(kind => recorded.observed[kind] ?? []);
  const theirHashes = hashesIn(JSON.stringify([...inOrder, recorded.observed]));
  const known = JSON.parse(tagged(JSON.stringify(recorded), theirHashes).replaceAll('{{ns}}', namespace));
  const scope = scopeOf(known);
  const ourChanges = [...world.changes].map(([key, changes]) => [key, changes] as const);
  const ofKinds = ourChanges.filter(([key]) => order.some(kind => key.startsWith(`${kind} `)));
  const ourHashes = hashesIn(JSON.stringify([...ofKinds.map(([, changes]) => changes[0]), ourChanges]));
  const ours = <T>(value: T): T => JSON.parse(tagged(JSON.stringify(value), ourHashes));
  return {
    changes: compareChanges(known, ours(ourChanges), scope),
    final: compareFinal(known, ours(ourChanges), scope),
    events: compareEvents(known, ours(world.events), scope),
  };
}

/** Whose objects count: those in the namespaces that the case speaks of, but not what every namespace has. */
interface Scope {
  readonly namespaces: ReadonlySet<string>;
  readonly recordedNames: ReadonlySet<string>;
}

function scopeOf(known: AnyJson): Scope {
  const text = JSON.stringify([known.setup, known.actions]);
  const namespaces = [...text.matchAll(/namespaces\/([a-z0-9-]+)\//g)].map(([, name]) => name ?? '').filter(isOwn);
  const recorded = Object.values<AnyJson[]>(known.observed).flat();
  return { namespaces: new Set(namespaces), recordedNames: new Set(recorded.map(each => each.name)) };
}

/** In the system's own namespaces only what was recorded counts. */
const isOwn = (namespace: string) => !namespace.startsWith('kube-');

function counts({ namespaces, recordedNames }: Scope, namespace: string, name: string): boolean {
  if (!isOwn(namespace)) return recordedNames.has(name) && name !== 'kube-root-ca.crt' && name !== 'default';
  if (namespace !== '' && !namespaces.has(namespace)) return false;
  return recordedNames.has(name) || ![...homeNames, 'kube-root-ca.crt', 'default'].includes(name);
}

type Pair<R, O> = { recorded: R | undefined; ours: O | undefined; problems: string[] };

/** Finds for each recorded thing ours that is most like it. */
function pairUp<R, O>(recorded: R[], ours: O[], problemsOf: (recorded: R, ours: O) => string[] | undefined) {
  const pairs: Pair<R, O>[] = [];
  const left = new Set(ours);
  for (const each of recorded) {
    let best: { other: O; problems: string[] } | undefined;
    for (const other of left) {
      const problems = problemsOf(each, other);
      if (problems !== undefined && (best === undefined || problems.length < best.problems.length))
        best = { other, problems };
      if (best?.problems.length === 0) break;
    }
    if (best !== undefined) left.delete(best.other);
    pairs.push({ recorded: each, ours: best?.other, problems: best?.problems ?? [] });
  }
  for (const other of left) pairs.push({ recorded: undefined, ours: other, problems: [] });
  return pairs;
}

function compareChanges(known: AnyJson, ours: AnyJson[], scope: Scope): string[] {
  const varying: string[] = known.varies ?? [];
  return Object.entries<AnyJson[]>(known.observed).flatMap(([plural, entries]) => {
    const theirs = entries.map(({ name, events, like }) =>
      recordedHistory(name, events ?? entries.find(each => each.name === like)?.events),
    );
    const own = ours.flatMap(([key, changes]) => historiesOf(plural, key, changes, scope));
    const isRun = plural === 'pods' && known.observed.nodes === undefined;
    const mayBeOther = !resourceOf(plural).namespaced;
    return pairUp(theirs, own, (recorded, other) => {
      if (!textMatches(recorded.name.replace(/#+$/, ''), other.name.replace(/#+$/, ''))) return undefined;
      const varies = varying.some(each => each.startsWith(`observed ${plural}/${recorded.name}:`));
      return historyDifferences(recorded, other, { varies, isRun });
    }).flatMap(pair => {
      if (pair.recorded === undefined) {
        return mayBeOther || pair.ours === undefined ? [] : [`${plural} ${pair.ours.name}: not recorded`];
      }
      if (pair.ours === undefined) return [`${plural} ${pair.recorded.name}: only recorded`];
      return pair.problems.map(problem => `${plural} ${problem}`);
    });
  });
}

function historiesOf(plural: string, key: string, changes: AnyJson[], scope: Scope): History[] {
  const [kind, path = ''] = key.split(' ');
  const [where, name = ''] = path.split('/');
  if (kind !== plural || !counts(scope, where ?? '', name)) return [];
  return ourHistories(name, changes);
}

function compareFinal(known: AnyJson, ours: AnyJson[], scope: Scope): string[] {
  const problems: string[] = [];
  for (const plural of Object.keys(known.observed)) {
    const listed: AnyJson[] = known.final[plural] ?? [];
    const recorded = listed.map(each => (each.like === undefined ? each : likeOf(each, listed)));
    const isRun = plural === 'pods' && known.observed.nodes === undefined;
    const form = (each: AnyJson) => finalForm(each, isRun);
    const own = ours.flatMap(([key, changes]) => lastOf(plural, key, changes, scope)).map(form);
    const pairs = pairUp(recorded.map(form), own, (each, other) =>
      textMatches(each.metadata.name, other.metadata.name) ? differences(each, other, true) : undefined,
    );
    for (const pair of pairs) {
      const name = `${plural} ${(pair.recorded ?? pair.ours).metadata.name}`;
      if (pair.recorded === undefined) {
        if (resourceOf(plural).namespaced) problems.push(`${name}: should not be there`);
      } else if (pair.ours === undefined) problems.push(`${name}: is not there`);
      else problems.push(...pair.problems.map(problem => `${name} ${problem}`));
    }
  }
  return problems;
}

function lastOf(plural: string, key: string, changes: AnyJson[], scope: Scope): AnyJson[] {
  if (historiesOf(plural, key, changes, scope).length === 0) return [];
  const last = changes.at(-1);
  return last.type === 'DELETED' ? [] : [last.object];
}

/** `isRun`: what the fake kubelets wrote is left out. */
function finalForm({ apiVersion, kind, ...object }: AnyJson, isRun: boolean): AnyJson {
  const fields = object.metadata.managedFields?.map(({ manager, operation, subresource, apiVersion }: AnyJson) =>
    [manager, operation, subresource, apiVersion].join(' '),
  );
  const managedFields = isRun ? undefined : fields;
  const { certificate, ...status } = object.status ?? {};
  if (object.data?.['ca.crt'] !== undefined) object = { ...object, data: { ...object.data, 'ca.crt': '' } };
  return JSON.parse(
    JSON.stringify({ ...object, status: isRun ? undefined : status, metadata: { ...object.metadata, managedFields } }),
  );
}

/** What the recorder let go: when a Pod was made or placed a second time, when a Node went. */
const repeated = /^Normal (?:SuccessfulCreate|SuccessfulDelete|Scheduled|RegisteredNode|RemovingNode) /;
/** Said or not, depending on who was faster. */
const byChance = /^Normal CIDRAssignmentFailed /;

/** Each message once for each object: how often is not recorded. */
function compareEvents(known: AnyJson, said: readonly AnyJson[], scope: Scope): string[] {
  const varying: string[] = (known.varies ?? []).filter((each: string) => each.startsWith('event '));
  const isVarying = (text: string) => varying.some(each => text.includes(each.split(' ')[1] ?? ''));
  const isAboutNodes = known.name.startsWith('node: ');
  const isOurs = ({ involvedObject: { namespace = '', name } }: AnyJson) =>
    (namespace !== '' || isAboutNodes || scope.recordedNames.has(name)) && counts(scope, namespace, name);
  const texts = new Map(
    said.filter(isOurs).map(each => {
      const text = eventText(each);
      return [text.replace(/(Successfully assigned .* to ).*/, '$1<node>') + each.involvedObject.uid, text];
    }),
  );
  const theirs = [...new Set<string>(known.events.map(recordedEventText))];
  const pairs = pairUp(theirs, [...texts.values()], (each, other) => (textMatches(each, other) ? [] : undefined));
  return pairs.flatMap(({ recorded, ours = '' }) => {
    const text = recorded ?? ours;
    if ((recorded !== undefined && ours !== '') || isVarying(text) || byChance.test(text)) return [];
    if (recorded !== undefined) return [`not said: ${recorded}`];
    return repeated.test(ours) ? [] : [`said too: ${ours}`];
  });
}

function eventText(event: AnyJson): string {
  const { type, reason, message, involvedObject, source, reportingComponent, action } = event;
  const plain = message.replace('(combined from similar events): ', '');
  return recordedEventText({
    ...{ type, reason, message: plain, involvedObject, action, reportingComponent },
    source: source?.component,
  });
}

function recordedEventText({ type, reason, message, involvedObject, source, reportingComponent, action }: AnyJson) {
  const { kind, name, apiVersion, fieldPath } = involvedObject;
  const who = [source, reportingComponent, action].map(each => each || '-').join(' ');
  return [type, reason, kind, name, apiVersion, fieldPath ?? '-', who, message].join(' ');
}

/** A final object that is as another but for its name. */
function likeOf({ name, like }: AnyJson, listed: readonly AnyJson[]): AnyJson {
  const original = listed.find(each => each.metadata?.name === like);
  return JSON.parse(JSON.stringify(original).replaceAll(like, name));
}
