/** The cgroups above the containers: one for each class of service, and one for each Pod. */

import type { Pod } from '#api/core/pod.ts';

export interface PodCgroups {
  /**
   * Makes the Pod's cgroup, or sets its limits anew; answers the path that its sandbox is put under. With what the Pod was
   * before, there is room for both: no container may have a larger share than its Pod, neither before it is changed nor
   * after.
   */
  ensure(pod: Pod, before?: Pod): Promise<string>;
  remove(uid: string): Promise<void>;
  /** The Pods that have one here. */
  known(): Promise<string[]>;
  /** Makes the ones for the classes. */
  start(): Promise<void>;
}
