/** What a Job sees in one of its Pods. Pure. */

import type { Job } from '#api/batch/job.ts';
import type { PodFailurePolicyRule } from '#api/batch/job-spec.ts';
import type { ContainerStatus } from '#api/core/container-status.ts';
import type { Pod } from '#api/core/pod.ts';
import { isPodTerminal, podCondition } from '#api/core/pod-state.ts';
import type { Stored } from '#client/object.ts';

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index';
export const failureCountAnnotation = 'batch.kubernetes.io/job-index-failure-count';
export const ignoredCountAnnotation = 'batch.kubernetes.io/job-index-ignored-failure-count';

export type FailureAction = 'FailJob' | 'FailIndex' | 'Ignore' | 'Count';

export const isTracked = (pod: Pod) => pod.metadata?.finalizers?.includes(trackingFinalizer) ?? false;
export const isIndexed = (job: Job) => job.spec?.completionMode === 'Indexed';
/** Only Pods that have really ended are replaced and counted, not those that are still ending. */
export const replacesOnlyFailed = (job: Job) => job.spec?.podReplacementPolicy === 'Failed';

export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata?.annotations?.[indexAnnotation];
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

export function countIn(pod: Pod, annotation: string): number {
  return Number(pod.metadata?.annotations?.[annotation] ?? '0') || 0;
}

export function isFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase === 'Failed') return true;
  if (replacesOnlyFailed(job)) return false;
  return Boolean(pod.metadata?.deletionTimestamp) && pod.status?.phase !== 'Succeeded';
}

/** When it ended, as well as that can be known. */
export function finishedAtMs(pod: Stored<Pod>, nowMs: number): number {
  const ends = (pod.status.containerStatuses ?? [])
    .map(status => Date.parse(status.state?.terminated?.finishedAt ?? ''))
    .filter(ms => !Number.isNaN(ms));
  if (ends.length > 0) return Math.max(...ends);
  const ready = podCondition(pod, 'Ready');
  const other = pod.metadata.deletionTimestamp ?? (ready?.status === 'False' ? ready.lastTransitionTime : undefined);
  return other ? Math.min(Date.parse(other), nowMs) : nowMs;
}

/** What the Job's policy says of a failed Pod; undefined: it has none, or none of its rules is about this one. */
export function failureRule(job: Job, pod: Pod): { action: FailureAction; text: string } | undefined {
  for (const [index, rule] of (job.spec?.podFailurePolicy?.rules ?? []).entries()) {
    const text = rule.onExitCodes ? matchExitCodes(rule, pod) : matchConditions(rule, pod);
    if (text === undefined) continue;
    return { action: rule.action as FailureAction, text: `${text} matching ${rule.action} rule at index ${index}` };
  }
  return undefined;
}

const shown = (pod: Pod) => `${pod.metadata?.namespace}/${pod.metadata?.name}`;

function matchExitCodes({ onExitCodes }: PodFailurePolicyRule, pod: Pod): string | undefined {
  if (onExitCodes === undefined || !isPodTerminal(pod)) return undefined;
  const { containerName, operator, values } = onExitCodes;
  const statuses: ContainerStatus[] = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ];
  for (const { name, state } of statuses) {
    const exitCode = state?.terminated?.exitCode ?? 0;
    if (exitCode === 0 || (containerName && containerName !== name)) continue;
    if (values.includes(exitCode) === (operator === 'In')) {
      return `Container ${name} for pod ${shown(pod)} failed with exit code ${exitCode}`;
    }
  }
  return undefined;
}

function matchConditions({ onPodConditions = [] }: PodFailurePolicyRule, pod: Pod): string | undefined {
  for (const { type, status = 'True' } of onPodConditions) {
    if (podCondition(pod, type)?.status === status) return `Pod ${shown(pod)} has condition ${type}`;
  }
  return undefined;
}
