/** What the kubelet gives to the worker of a Pod. */

import type { Rejection } from '#kubelet/admission.ts';
import type { Host, KubeletPod } from '#kubelet/host.ts';
import type { Amounts } from '#kubelet/resources.ts';

export interface PodWorkerOptions {
  host: Host;
  pod: KubeletPod;
  /** What the node has for Pods. */
  allocatable: () => Amounts;
  /** Whether the node takes the Pod, with what else it has. */
  admit: (pod: KubeletPod) => Promise<Rejection | undefined>;
  /** Whether the node has room for more of a Pod that it runs. */
  admitResize: (pod: KubeletPod) => { rejection: Rejection; isEver: boolean } | undefined;
  /** The worker looks after these sandboxes and containers: their events are for it. */
  claim: (runtimeId: string) => void;
  /** Nothing is left of the Pod, here or in the API. */
  onGone: () => void;
}
