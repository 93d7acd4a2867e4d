import type { QueuedPod } from '#scheduler/queue.ts';

/** PrioritySort: the more important Pod first, of equals the one that waits longer. */
export function comesBefore(a: QueuedPod, b: QueuedPod): boolean {
  return a.info.priority > b.info.priority || (a.info.priority === b.info.priority && a.addedMs < b.addedMs);
}
