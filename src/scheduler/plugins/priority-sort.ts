import type { PodInfo } from '#scheduler/pod-info.ts';

interface Waiting {
  readonly info: Pick<PodInfo, 'priority'>;
  /** When it began to wait. */
  readonly addedMs: number;
}

/** PrioritySort: the more important Pod first, of equals the one that waits longer. */
export function comesBefore(a: Waiting, b: Waiting): boolean {
  return a.info.priority > b.info.priority || (a.info.priority === b.info.priority && a.addedMs < b.addedMs);
}
