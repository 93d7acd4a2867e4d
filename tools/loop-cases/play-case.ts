/** One recorded case from beginning to end. */

import { ApiError } from '#client/api-error.ts';
import { templateHash } from '#controllers/template-hash.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { compareCase } from './compare.ts';
import { filledIn, play } from './steps.ts';
import type { World } from './world.ts';
import { startWorld } from './world.ts';

const namespace = 'case';

/** Steps that name a ReplicaSet by upstream's hash mean the one of ours that comes of the same template. */
async function withOurHashes(world: World, recorded: AnyJson): Promise<AnyJson> {
  const steps = [...recorded.setup, ...recorded.actions];
  const creation = steps.find(step => step.method === 'POST' && step.path?.endsWith('/deployments'));
  const names: string[] = (recorded.observed.replicasets ?? []).map((each: AnyJson) => each.name);
  const hashes = names.flatMap(name => /^d-([a-z0-9]+)$/.exec(name)?.[1] ?? []);
  if (creation === undefined || !hashes.some(hash => JSON.stringify(steps).includes(`d-${hash}`))) return recorded;
  const { path, body } = filledIn(creation, namespace, []);
  const made = await world.client.send({ method: 'POST', target: `${path}?dryRun=All`, body });
  let text = JSON.stringify(recorded);
  // A second one in such a case is the next hash of the same template.
  for (const [index, hash] of hashes.entries()) {
    text = text.replaceAll(hash, templateHash(made.spec.template, index || undefined));
  }
  return JSON.parse(text);
}

/** The recorder stopped at some moment soon after the last step: only what differs at each of several counts. */
async function lastingProblems(world: World, recorded: AnyJson): Promise<string[]> {
  let lasting: string[] | undefined;
  for (const waitMs of [0, 10, 30, 60, 400, 1500]) {
    for (const untilMs = world.clock.nowMs() + waitMs; world.clock.nowMs() < untilMs; ) {
      await world.step(untilMs - world.clock.nowMs());
    }
    const { changes, final, events } = compareCase(world, recorded, namespace);
    const problems = [
      ...changes.map(each => `change ${each}`),
      ...final.map(each => `final ${each}`),
      ...events.map(each => `event ${each}`),
    ];
    const keys = new Set(problems.map(keyOf));
    lasting = lasting === undefined ? problems : lasting.filter(each => keys.has(keyOf(each)));
    if (lasting.length === 0) break;
  }
  return lasting ?? [];
}

/** What a problem is about, without the values. */
const keyOf = (problem: string) => (problem.startsWith('event') ? problem : problem.split(': ')[0]);

/** What is there when a wait was in vain, as JSON. */
function left({ changes }: World): string[] {
  const present = [...changes].filter(([, all]) => all.at(-1)?.type !== 'DELETED');
  return present.map(([key, all]) => `${key} ${JSON.stringify(all.at(-1))}`);
}

/** Plays a case in a world of its own; gives what went otherwise than recorded. */
export async function playCase(recorded: AnyJson, options: { tellsAll?: boolean } = {}): Promise<string[]> {
  const { observed } = recorded;
  const hasHomes = !(observed.nodes ?? []).some((each: AnyJson) => /^a\d$/.test(each.name));
  const plurals = new Set([...Object.keys(observed), 'replicasets', 'controllerrevisions', 'pods']);
  const world = await startWorld(namespace, [...plurals], hasHomes);
  try {
    const known = await withOurHashes(world, recorded);
    const replies: AnyJson[] = [];
    for (const step of [...known.setup, ...known.actions]) {
      const problem = await play(world, filledIn(step, namespace, replies), replies);
      if (problem !== undefined) return [problem, ...(options.tellsAll ? left(world) : [])];
    }
    return await lastingProblems(world, known);
  } catch (error) {
    if (!(error instanceof ApiError) && !(error instanceof Error)) throw error;
    return [String(error.stack)];
  } finally {
    await world.stop();
  }
}
