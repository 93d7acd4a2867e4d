/** Jobs: Pods that run to their end. What happens in one step is in sync.ts. */

import { jobs } from '#api/batch/job.ts';
import { pods } from '#api/core/pod.ts';
import { isPodTerminal } from '#api/core/pod-state.ts';
import { byOwner, orphanOf } from '#client/indexes.ts';
import type { Key } from '#client/object.ts';
import { refOfKey } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { isTracked } from '#controllers/job/pods.ts';
import { dropFinalizer, type JobDeps, syncJob } from '#controllers/job/sync.ts';
import { isFinished } from '#controllers/job/verdict.ts';
import { PodControl } from '#controllers/pod-control.ts';
import { wakeByPods } from '#controllers/wake-by-pods.ts';
import type { Controller } from '#loop/controller.ts';
import { done, wakeBySelf } from '#loop/controller.ts';
import { Expectations } from '#loop/expectations.ts';
import { claimOwned, controllerOf } from '#loop/owners.ts';
import { selectorTest } from '#loop/selector.ts';
import type { OwnerReference } from '#machinery/meta.ts';

const ownName = 'kubernetes.io/job-controller';
const nameLabel = 'batch.kubernetes.io/job-name';

/** Pods that become ready or not are counted together: only their ends are urgent. */
const batchMs = 1000;

const isJob = ({ kind, apiVersion }: OwnerReference) => kind === jobs.kind && apiVersion === jobs.apiVersion;

export function jobController(deps: ControllerDeps): Controller {
  const { client, clock, informers } = deps;
  const all = informers.of(jobs);
  const podCopy = informers.of(pods);
  const expectations = new Expectations(clock);
  const recorder = deps.events('job-controller');
  const control = new PodControl({ client, recorder, resource: jobs });
  const jobDeps: JobDeps = { client, clock, recorder, control, expectations, failures: new Map(), released: new Map() };

  function forget(key: Key): void {
    expectations.forget(key);
    jobDeps.failures.delete(key);
    jobDeps.released.delete(key);
  }

  /** Pods of a Job that is gone are counted by nobody: their finalizer must not hold them. */
  async function releaseOrphans(key: Key): Promise<void> {
    const { namespace = '', name } = refOfKey(key);
    for (const pod of podCopy.inNamespace(namespace)) {
      if (!isTracked(pod)) continue;
      const owner = controllerOf(pod);
      const wasOurs =
        owner === undefined ? pod.metadata.labels?.[nameLabel] === name : isJob(owner) && owner.name === name;
      if (wasOurs) await dropFinalizer(client, pod);
    }
  }

  return {
    name: 'job-controller',
    reads: [all, podCopy],
    workers: 5,
    wake(queue) {
      wakeBySelf(queue, all);
      wakeByPods(queue, {
        pods: podCopy,
        owners: all,
        kind: jobs.kind,
        selectorOf: job => job.spec.selector,
        expectations,
        updateDelayMs: (old, pod) => (isPodTerminal(pod) && !isPodTerminal(old) ? 0 : batchMs),
      });
    },
    async reconcile(key) {
      const job = all.byKey(key);
      if (job === undefined || isFinished(job)) forget(key);
      if (job === undefined) {
        await releaseOrphans(key);
        return done;
      }
      if (job.spec.selector === undefined) return done;
      if (job.spec.managedBy && job.spec.managedBy !== ownName) return done;
      const { uid, namespace } = job.metadata;
      const matches = selectorTest(job.spec.selector);
      const own = await claimOwned({
        client,
        ownerResource: jobs,
        owner: job,
        resource: pods,
        matches: pod => matches(pod.metadata.labels),
        candidates: [...podCopy.by(byOwner, uid), ...podCopy.by(byOwner, orphanOf(namespace))],
      });
      return syncJob(job, own, jobDeps);
    },
  };
}
