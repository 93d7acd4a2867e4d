/**
 * Writes the status of one Pod to the API, one write after the other and only when something has changed. While a write
 * is under way, newer statuses replace one another: the last one wins.
 */

import type { Pod, PodCondition, PodStatus } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { isConflict, isInvalid, isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { Stored } from '#client/object.ts';
import { isOwnCondition } from '#kubelet/conditions.ts';
import type { Clock } from '#lib/clock.ts';
import { sleep } from '#lib/clock.ts';
import type { AnyJson } from '#machinery/schema.ts';

const retryMs = 1000;

export interface StatusWriterOptions {
  client: Client;
  clock: Clock;
  onError: (error: unknown) => void;
}

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  /** The Pod as the API has it, as far as is known here. */
  #known: Stored<Pod>;
  #wanted: PodStatus | undefined;
  /** The status that the server was given last. */
  #tried: PodStatus | undefined;
  #writing: Promise<void> | undefined;
  #stopped = false;

  constructor(pod: Stored<Pod>, options: StatusWriterOptions) {
    this.#known = pod;
    this.#options = options;
  }

  /** The status as it was asked for last, else as the API has it. */
  get status(): PodStatus {
    return this.#wanted ?? this.#known.status ?? {};
  }

  write(status: PodStatus): void {
    this.#wanted = status;
    this.#begin();
  }

  /** What the watch shows. What somebody else has changed of what is ours is written again. */
  observe(pod: Stored<Pod>): void {
    if (Number(pod.metadata.resourceVersion) <= Number(this.#known.metadata.resourceVersion)) return;
    this.#known = pod;
    this.#tried = undefined;
    if (this.#wanted !== undefined) this.#begin();
  }

  /** Once all that was asked for is written. */
  async flushed(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  stop(): void {
    this.#stopped = true;
  }

  #begin(): void {
    if (this.#writing !== undefined || this.#stopped) return;
    if (
      this.#wanted === undefined ||
      this.#wanted === this.#tried ||
      statusPatch(this.#known, this.#wanted) === undefined
    )
      return;
    this.#writing = this.#drain().finally(() => {
      this.#writing = undefined;
      // A status may have come between the last look and now.
      this.#begin();
    });
  }

  async #drain(): Promise<void> {
    let written: PodStatus | undefined;
    while (this.#wanted !== undefined && this.#wanted !== written && !this.#stopped) {
      const wanted = this.#wanted;
      const { namespace, name } = this.#known.metadata;
      const patch = statusPatch(this.#known, wanted);
      if (patch === undefined) return;
      try {
        const options = { subresource: 'status' };
        this.#known = await this.#options.client.patchStrategic(pods, { namespace, name }, patch, options);
        // Whatever the server made of it: writing the same again would not change that.
        written = wanted;
        this.#tried = wanted;
      } catch (error) {
        // Nobody is left to tell.
        if (isNotFound(error) || (isConflict(error) && (await this.#isAnother()))) this.#stopped = true;
        else if (isInvalid(error)) {
          // The server would say so again, as long as the Pod is as it is there: a container that has ended for good, which
          // runs anew because its sandbox died, is not shown before it has ended again.
          this.#options.onError(error);
          this.#tried = wanted;
          return;
        } else {
          this.#options.onError(error);
          await sleep(this.#options.clock, retryMs);
        }
      }
    }
  }

  /** Whether the name is another Pod's by now. */
  async #isAnother(): Promise<boolean> {
    const { namespace, name, uid } = this.#known.metadata;
    const found = await this.#options.client.get(pods, { namespace, name }).catch(() => this.#known);
    return found.metadata.uid !== uid;
  }
}

/** The strategic merge patch that makes `wanted` of what the API has; undefined when it has it already. */
export function statusPatch(known: Stored<Pod>, wanted: PodStatus): AnyJson {
  const before: Record<string, AnyJson> = known.status ?? {};
  const after: Record<string, AnyJson> = wanted as Record<string, AnyJson>;
  const status: Record<string, AnyJson> = {};
  for (const field of Object.keys({ ...before, ...after })) {
    if (field === 'conditions') Object.assign(status, conditionsPatch(before[field] ?? [], after[field] ?? []));
    else if (same(before[field], after[field])) continue;
    else if (field === 'podIPs' || field === 'hostIPs')
      Object.assign(status, ipsPatch(field, before[field], after[field]));
    else status[field] = after[field] ?? null;
  }
  if (Object.keys(status).length === 0) return undefined;
  return { metadata: { uid: known.metadata.uid }, status };
}

function conditionsPatch(before: readonly PodCondition[], after: readonly PodCondition[]): Record<string, AnyJson> {
  // Others may have set conditions since the status was made: only our own are taken away.
  const foreign = before.filter(({ type }) => !isOwnCondition(type) && !after.some(other => other.type === type));
  const gone = before.filter(({ type }) => isOwnCondition(type) && !after.some(other => other.type === type));
  const changed = after.filter(
    condition =>
      (isOwnCondition(condition.type) || after.length === 0) &&
      !same(
        before.find(({ type }) => type === condition.type),
        condition,
      ),
  );
  if (gone.length === 0 && changed.length === 0) return {};
  return {
    '$setElementOrder/conditions': [...foreign, ...after].map(({ type }) => ({ type })),
    conditions: [
      ...changed.map(condition =>
        withNulls(
          before.find(({ type }) => type === condition.type),
          condition,
        ),
      ),
      ...gone.map(({ type }) => ({ $patch: 'delete', type })),
    ],
  };
}

/** A merged item keeps what the patch does not mention, so what is gone is said. */
function withNulls(before: PodCondition | undefined, after: PodCondition): AnyJson {
  const out: Record<string, AnyJson> = { ...after };
  for (const field of Object.keys(before ?? {})) out[field] ??= null;
  return out;
}

function ipsPatch(field: string, before: AnyJson = [], after: AnyJson = []): Record<string, AnyJson> {
  const has = (list: { ip: string }[], ip: string) => list.some(other => other.ip === ip);
  return {
    [`$setElementOrder/${field}`]: after.map(({ ip }: { ip: string }) => ({ ip })),
    [field]: [
      ...after.filter(({ ip }: { ip: string }) => !has(before, ip)),
      ...before
        .filter(({ ip }: { ip: string }) => !has(after, ip))
        .map(({ ip }: { ip: string }) => ({ $patch: 'delete', ip })),
    ],
  };
}

/** Equal as JSON, whatever the order of the keys; an absent field and an undefined one are the same. */
export function same(a: AnyJson, b: AnyJson): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a === null || b === null) return (a ?? null) === (b ?? null);
  if (typeof a !== 'object' || typeof b !== 'object' || Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a)) return a.length === b.length && a.every((item, index) => same(item, b[index]));
  for (const key of Object.keys({ ...a, ...b })) if (!same(a[key], b[key])) return false;
  return true;
}
