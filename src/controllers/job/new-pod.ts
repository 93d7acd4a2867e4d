/** The Pod that a Job makes from its template. Pure. */

import type { Job } from '#api/batch/job.ts';
import { jobs } from '#api/batch/job.ts';
import type { Container } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Stored } from '#client/object.ts';
import type { Awaiting } from '#controllers/job/picture.ts';
import {
  failureCountAnnotation,
  ignoredCountAnnotation,
  indexAnnotation,
  trackingFinalizer,
} from '#controllers/job/pods.ts';
import { podFromTemplate } from '#controllers/pod-control.ts';

const indexVariable = 'JOB_COMPLETION_INDEX';
/** A DNS label; the index is kept, the name is cut. */
const hostnameCharactersMax = 63;

export function podOfJob(job: Stored<Job>, index: number | undefined, before: Awaiting | undefined): Pod {
  const { name } = job.metadata;
  const generateName = index === undefined ? `${name}-` : `${name}-${index}-`;
  const pod = podFromTemplate(job.spec.template, jobs, job, { generateName });
  const metadata = { ...pod.metadata, finalizers: [...(pod.metadata?.finalizers ?? []), trackingFinalizer] };
  if (index === undefined) return { ...pod, metadata };
  const text = String(index);
  const annotations: Record<string, string> = { ...metadata.annotations, [indexAnnotation]: text };
  if (job.spec.backoffLimitPerIndex !== undefined) {
    annotations[failureCountAnnotation] = String(before?.failureCount ?? 0);
    if (before !== undefined && before.ignoredCount > 0)
      annotations[ignoredCountAnnotation] = String(before.ignoredCount);
  }
  const spec = pod.spec!;
  return {
    ...pod,
    metadata: { ...metadata, annotations, labels: { ...metadata.labels, [indexAnnotation]: text } },
    spec: {
      ...spec,
      hostname: `${name.slice(0, hostnameCharactersMax - text.length - 1)}-${text}`,
      containers: spec.containers.map(withIndex),
      initContainers: spec.initContainers?.map(withIndex),
    },
  };
}

function withIndex(container: Container): Container {
  if (container.env?.some(variable => variable.name === indexVariable)) return container;
  const fieldRef = { fieldPath: `metadata.labels['${indexAnnotation}']` };
  return { ...container, env: [...(container.env ?? []), { name: indexVariable, valueFrom: { fieldRef } }] };
}
