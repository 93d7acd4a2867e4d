/**
 * Changes of what a running Pod's containers may use. Three amounts have to be told apart: what the Pod asks for, what
 * the node has agreed to (allocated), and what the containers run with (actual).
 */

import type { Container } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Rejection } from '#kubelet/admission.ts';
import type { NewCondition } from '#kubelet/conditions.ts';
import { initContainersOf, isSidecar, mainContainersOf } from '#kubelet/containers-of.ts';
import type { Amounts } from '#kubelet/resources.ts';
import { same } from '#kubelet/status-writer.ts';

/** What could not be done once is tried again as often as upstream's kubelet syncs a Pod that failed. */
const retryAfterMs = 10_000;

export interface ContainerAmounts {
  requests?: Amounts | undefined;
  limits?: Amounts | undefined;
}

export class Resizer {
  readonly #allocated = new Map<string, ContainerAmounts>();
  readonly #actual = new Map<string, ContainerAmounts>();
  #pending: NewCondition | undefined;
  #inProgress = false;
  #failure: { generation: number | undefined; message: string; retryAtMs: number } | undefined;

  /** A kubelet that starts anew learns what runs from what it had written. */
  constructor(pod: Pod) {
    for (const { name, resources, allocatedResources } of pod.status?.containerStatuses ?? []) {
      if (resources === undefined) continue;
      const { limits } = resources;
      this.#actual.set(name, { requests: resources.requests, limits });
      this.#allocated.set(name, { requests: allocatedResources ?? resources.requests, limits });
    }
  }

  get conditions(): NewCondition[] {
    if (this.#inProgress) {
      const failure = this.#failure && { reason: 'Error', message: this.#failure.message };
      return [{ type: 'PodResizeInProgress', status: 'True', ...failure }];
    }
    return this.#pending === undefined ? [] : [this.#pending];
  }

  /** A container is started with what the Pod asks for now. */
  started({ name, resources }: Container): void {
    const amounts = amountsOf(resources);
    this.#allocated.set(name, amounts);
    this.#actual.set(name, amounts);
  }

  /** The Pod with amounts of one kind in place of those it asks for. */
  withAllocated(pod: Pod): Pod {
    return withAmounts(pod, this.#allocated);
  }

  withActual(pod: Pod): Pod {
    return withAmounts(pod, this.#actual);
  }

  /** The containers that ask for something else than they have. */
  changed(pod: Pod): Container[] {
    return resizable(pod).filter(container => {
      const actual = this.#actual.get(container.name);
      return actual !== undefined && !same(withoutUndefined(actual), withoutUndefined(amountsOf(container.resources)));
    });
  }

  /** The node has not room for it, now or ever. */
  refuse(rejection: Rejection, isEver: boolean): void {
    this.#pending = {
      type: 'PodResizePending',
      status: 'True',
      reason: isEver ? 'Infeasible' : 'Deferred',
      message: rejection.message,
    };
  }

  begin(pod: Pod): void {
    this.#pending = undefined;
    this.#failure = undefined;
    this.#inProgress = true;
    for (const { name, resources } of resizable(pod)) this.#allocated.set(name, amountsOf(resources));
  }

  /** The change that was begun could not be carried out; answers when it is tried again. */
  fail(pod: Pod, message: string, nowMs: number): number {
    const retryAtMs = nowMs + retryAfterMs;
    this.#failure = { generation: pod.metadata?.generation, message, retryAtMs };
    return retryAtMs;
  }

  /** When the change that the Pod asks for is tried again; undefined when it has not failed. */
  retryAtMs(pod: Pod): number | undefined {
    return this.#failure?.generation === pod.metadata?.generation ? this.#failure?.retryAtMs : undefined;
  }

  finish(pod: Pod): void {
    this.#inProgress = false;
    this.#failure = undefined;
    for (const { name, resources } of resizable(pod)) this.#actual.set(name, amountsOf(resources));
  }

  /** Nothing is asked for but what there is. */
  settle(): void {
    this.#pending = undefined;
    this.#inProgress = false;
    this.#failure = undefined;
  }
}

const resizable = (pod: Pod): Container[] => [...initContainersOf(pod).filter(isSidecar), ...mainContainersOf(pod)];

function amountsOf(resources: Container['resources']): ContainerAmounts {
  return { requests: resources?.requests, limits: resources?.limits };
}

const withoutUndefined = ({ requests = {}, limits = {} }: ContainerAmounts) => ({ requests, limits });

function withAmounts(pod: Pod, amounts: ReadonlyMap<string, ContainerAmounts>): Pod {
  if (amounts.size === 0) return pod;
  const replaced = (container: Container): Container => {
    const own = amounts.get(container.name);
    return own === undefined ? container : { ...container, resources: { ...container.resources, ...own } };
  };
  const spec = {
    ...pod.spec,
    containers: mainContainersOf(pod).map(replaced),
    initContainers: pod.spec?.initContainers?.map(replaced),
  };
  return { ...pod, spec };
}

/** Whether a change of these amounts needs the container to be started anew. */
export function needsRestart(container: Container, actual: ContainerAmounts): boolean {
  return (container.resizePolicy ?? []).some(({ resourceName, restartPolicy }) => {
    if (restartPolicy !== 'RestartContainer') return false;
    const { requests, limits } = container.resources ?? {};
    return (
      requests?.[resourceName] !== actual.requests?.[resourceName] ||
      limits?.[resourceName] !== actual.limits?.[resourceName]
    );
  });
}

/** `Pod resize started: {"containers":[…],"generation":2}` */
export function resizeText(what: 'started' | 'completed' | 'error', pod: Pod, error?: string): string {
  const containers = resizable(pod)
    .filter(({ resources }) => resources?.limits !== undefined || resources?.requests !== undefined)
    .map(({ name, resources }) => ({
      name,
      resources: {
        ...(resources?.limits === undefined ? {} : { limits: resources.limits }),
        ...(resources?.requests === undefined ? {} : { requests: resources.requests }),
      },
    }));
  return `Pod resize ${what}: ${JSON.stringify({ containers, generation: pod.metadata?.generation, error })}`;
}
