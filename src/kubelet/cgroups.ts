/** The cgroups above the containers: one for each class of service, and one for each Pod. */

import type { Pod } from '#api/core/pod.ts';

export interface PodCgroups {
  /** Makes the Pod's cgroup, or sets its limits anew; answers the path that its sandbox is put under. */
  ensure(pod: Pod): Promise<string>;
  remove(uid: string): Promise<void>;
  /** Makes the ones for the classes. */
  start(): Promise<void>;
}
