/** Wakes the Services whose selector matches a Pod that came, went or changed in what they see of it. */

import type { Pod } from '#api/core/pod.ts';
import type { Service } from '#api/core/service.ts';
import type { Informer } from '#client/informer.ts';
import type { Stored } from '#client/object.ts';
import { keyOf } from '#client/object.ts';
import { endpointChanged, labelsChanged } from '#controllers/service/service-pods.ts';
import type { WorkQueue } from '#loop/queue.ts';
import { labelsTest } from '#loop/selector.ts';

export function wakeServicesByPods(queue: WorkQueue, services: Informer<Service>, pods: Informer<Pod>): void {
  const wake = (pod: Stored<Pod>) => {
    for (const service of services.inNamespace(pod.metadata.namespace ?? '')) {
      if (labelsTest(service.spec.selector)(pod.metadata.labels)) queue.add(keyOf(service));
    }
  };
  pods.on({
    add: wake,
    delete: wake,
    update(old, pod) {
      const moved = labelsChanged(old, pod);
      if (moved) wake(old);
      if (moved || endpointChanged(old, pod)) wake(pod);
    },
  });
}
