import type { PodInfo } from '#scheduler/pod-info.ts';

/** SchedulingGates: a Pod is not even tried before the last of its gates is taken away. */
export function isGated({ pod }: PodInfo): boolean {
  return (pod.spec.schedulingGates?.length ?? 0) > 0;
}
