/** Plays the requests and waits of a recorded case. */

import { ApiError } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { World } from './world.ts';

const waitMsMax = 400_000;
const lookMs = 20;

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
  if ('not' in wanted) return (value ?? 0) !== wanted.not;
  return (value ?? 0) >= wanted.gte;
}

const allWanted = (object: AnyJson, wanted: Record<string, AnyJson>) =>
  Object.entries(wanted).every(([path, value]) => isAsWanted(valueAt(object, path), value));

/** `{{ns}}` and `{{2.metadata.uid}}` in a step. */
export function filledIn(value: AnyJson, namespace: string, replies: readonly AnyJson[]): AnyJson {
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

async function isMet({ client, events }: World, wait: AnyJson): Promise<boolean> {
  if (wait.event) {
    const name = wait.path.split('/').at(-1);
    return events.some(each => each.reason === wait.event && each.involvedObject.name === name);
  }
  try {
    const object = await client.send({ method: 'GET', target: wait.path });
    if (wait.gone) return false;
    if (wait.is) return allWanted(object, wait.is);
    return object.items.filter((each: AnyJson) => allWanted(each, wait.where)).length === wait.count;
  } catch (error) {
    return Boolean(wait.gone) && error instanceof ApiError && error.code === 404;
  }
}

async function passTime(world: World, ms: number): Promise<void> {
  const untilMs = world.clock.nowMs() + ms;
  while (world.clock.nowMs() < untilMs) await world.step(untilMs - world.clock.nowMs());
}

async function request(client: Client, step: AnyJson): Promise<{ code: number; body: AnyJson }> {
  const { method, path: target, body, contentType = 'application/json' } = step;
  try {
    return {
      code: step.status < 300 ? step.status : 200,
      body: await client.send({ method, target, body, contentType }),
    };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { code: error.code, body: error.status };
  }
}

/** Plays one step; gives what went otherwise than recorded. */
export async function play(world: World, step: AnyJson, replies: AnyJson[]): Promise<string | undefined> {
  const { client, clock } = world;
  if (step.pause) {
    replies.push(undefined);
    await passTime(world, step.pause * 1000);
    return undefined;
  }
  if (step.wait) {
    const at = replies.push(undefined) - 1;
    for (const untilMs = clock.nowMs() + waitMsMax; clock.nowMs() < untilMs; ) {
      await world.settle();
      if (await isMet(world, step.wait)) {
        if (!step.wait.gone && !step.wait.event)
          replies[at] = await client.send({ method: 'GET', target: step.wait.path });
        return undefined;
      }
      await world.step(lookMs);
    }
    return `waited in vain for ${JSON.stringify(step.wait)}`;
  }
  const { code, body } = await request(client, step);
  replies.push(body);
  if (code !== step.status)
    return `${step.method} ${step.path}: want ${step.status} | got ${code} ${body?.message ?? ''}`;
  if (step.message !== undefined && body.message !== step.message)
    return `${step.method} ${step.path}: want ${step.message} | got ${body.message}`;
  await world.settle();
  return undefined;
}
