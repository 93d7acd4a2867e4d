/** CronJobs: a Job at each turn of a schedule. What happens in one step is in sync.ts. */

import { cronJobs } from '#api/batch/cron-job.ts';
import type { Job } from '#api/batch/job.ts';
import { jobs } from '#api/batch/job.ts';
import { byOwner } from '#client/indexes.ts';
import type { Stored } from '#client/object.ts';
import { keyFor } from '#client/object.ts';
import { syncCronJob } from '#controllers/cronjob/sync.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { Controller } from '#loop/controller.ts';
import { done, wakeBySelf } from '#loop/controller.ts';
import { controllerOf } from '#loop/owners.ts';

export function cronJobController(deps: ControllerDeps): Controller {
  const all = deps.informers.of(cronJobs);
  const jobCopy = deps.informers.of(jobs);
  const recorder = deps.events('cronjob-controller');
  return {
    name: 'cronjob-controller',
    reads: [all, jobCopy],
    workers: 5,
    wake(queue) {
      wakeBySelf(queue, all);
      const wakeOwner = (job: Stored<Job>) => {
        const owner = controllerOf(job);
        if (owner?.kind === cronJobs.kind) queue.add(keyFor(job.metadata.namespace, owner.name));
      };
      jobCopy.on({ add: wakeOwner, update: (_, job) => wakeOwner(job), delete: wakeOwner });
    },
    async reconcile(key) {
      const cronJob = all.byKey(key);
      if (cronJob === undefined) return done;
      const own = jobCopy.by(byOwner, cronJob.metadata.uid);
      return syncCronJob(cronJob, own, { client: deps.client, clock: deps.clock, recorder });
    },
  };
}
