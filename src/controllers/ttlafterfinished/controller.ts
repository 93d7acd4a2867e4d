/** Jobs that say how long they want to be kept after they have ended. */

import type { Job } from '#api/batch/job.ts';
import { jobs } from '#api/batch/job.ts';
import { isConflict, isNotFound } from '#client/api-error.ts';
import { refOf } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { Controller } from '#loop/controller.ts';
import { done, wakeAfter, wakeBySelf } from '#loop/controller.ts';

/** When the Job is to go; undefined when it has not ended or does not say. */
export function expiresAtMs(job: Job): number | undefined {
  const seconds = job.spec?.ttlSecondsAfterFinished;
  const end = job.status?.conditions?.find(
    each => (each.type === 'Complete' || each.type === 'Failed') && each.status === 'True',
  );
  if (seconds === undefined || !end?.lastTransitionTime) return undefined;
  return Date.parse(end.lastTransitionTime) + seconds * 1000;
}

export function ttlAfterFinishedController({ client, clock, informers }: ControllerDeps): Controller {
  const all = informers.of(jobs);
  return {
    name: 'ttl-after-finished-controller',
    reads: [all],
    workers: 5,
    wake: queue => wakeBySelf(queue, all),
    async reconcile(key) {
      const job = all.byKey(key);
      const atMs = job === undefined || job.metadata.deletionTimestamp ? undefined : expiresAtMs(job);
      if (job === undefined || atMs === undefined) return done;
      const leftMs = atMs - clock.nowMs();
      if (leftMs > 0) return wakeAfter(leftMs);
      const { uid, resourceVersion } = job.metadata;
      const preconditions = { uid, resourceVersion };
      await client.delete(jobs, refOf(job), { propagationPolicy: 'Foreground', preconditions }).catch(error => {
        // Changed meanwhile: its event brings the Job here again.
        if (!isNotFound(error) && !isConflict(error)) throw error;
      });
      return done;
    },
  };
}
