/** Endpoints of Services with a selector: the older form of slices, one object for each Service. */

import { endpoints } from '#api/core/endpoints.ts';
import { pods } from '#api/core/pod.ts';
import type { Service } from '#api/core/service.ts';
import { services } from '#api/core/service.ts';
import { isForbidden, isNamespaceTerminating, isNotFound } from '#client/api-error.ts';
import type { Key, Stored } from '#client/object.ts';
import { keyOf, refOfKey } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { endpointSubsets } from '#controllers/endpoints/subsets.ts';
import { headlessLabel, isHeadless } from '#controllers/service/service-pods.ts';
import { TriggerTimes, triggerAnnotation } from '#controllers/service/trigger-time.ts';
import { wakeServicesByPods } from '#controllers/service/wake-by-pods.ts';
import type { Controller } from '#loop/controller.ts';
import { done, wakeBySelf } from '#loop/controller.ts';
import { sameJson } from '#loop/same.ts';
import { labelsTest } from '#loop/selector.ts';

const managedByLabel = 'endpoints.kubernetes.io/managed-by';
const overCapacityAnnotation = 'endpoints.kubernetes.io/over-capacity';

export function endpointsController(deps: ControllerDeps): Controller {
  const { client, informers } = deps;
  const all = informers.of(services);
  const podCopy = informers.of(pods);
  const copy = informers.of(endpoints);
  const triggers = new TriggerTimes();
  const recorder = deps.events('endpoint-controller');

  async function remove(key: Key): Promise<typeof done> {
    triggers.forget(key);
    const old = copy.byKey(key);
    // Endpoints without a Service may be somebody's own.
    if (old?.metadata.labels?.[managedByLabel] === undefined) return done;
    await client.delete(endpoints, refOfKey(key), { preconditions: { uid: old.metadata.uid } }).catch(error => {
      if (!isNotFound(error)) throw error;
    });
    return done;
  }

  async function reconcile(key: Key): Promise<typeof done> {
    const service = all.byKey(key);
    if (service === undefined) return remove(key);
    if (!service.spec.selector || service.spec.type === 'ExternalName') return done;
    const { namespace = '', name } = service.metadata;
    const matches = labelsTest(service.spec.selector);
    const behind = podCopy.inNamespace(namespace).filter(pod => matches(pod.metadata.labels));
    const trigger = triggers.next(key, service, behind);
    const { subsets, truncated } = endpointSubsets(service, behind);
    const labels = labelsOf(service);
    const old = copy.byKey(key);
    const wasTruncated = old?.metadata.annotations?.[overCapacityAnnotation] !== undefined;
    const same = old !== undefined && sameJson(old.subsets ?? [], subsets) && sameJson(old.metadata.labels, labels);
    if (same && truncated === wasTruncated) return done;
    const { [triggerAnnotation]: _, [overCapacityAnnotation]: __, ...annotations } = old?.metadata.annotations ?? {};
    if (trigger !== undefined) annotations[triggerAnnotation] = trigger;
    if (truncated) annotations[overCapacityAnnotation] = 'truncated';
    try {
      if (old === undefined)
        await client.create(endpoints, { metadata: { namespace, name, labels, annotations }, subsets });
      else await client.update(endpoints, { ...old, metadata: { ...old.metadata, labels, annotations }, subsets });
    } catch (error) {
      if (isNamespaceTerminating(error)) return done;
      const [reason, verb] =
        old === undefined ? ['FailedToCreateEndpoint', 'create'] : ['FailedToUpdateEndpoint', 'update'];
      const message = `Failed to ${verb} endpoint ${key}: ${error instanceof Error ? error.message : error}`;
      if (old !== undefined || !isForbidden(error)) recorder.say(services, service, 'Warning', reason, message);
      throw error;
    }
    return done;
  }

  return {
    name: 'endpoints-controller',
    reads: [all, podCopy, copy],
    workers: 5,
    wake(queue) {
      wakeBySelf(queue, all);
      wakeServicesByPods(queue, all, podCopy);
      copy.on({ delete: object => queue.add(keyOf(object)) });
      // Those whose Service went while nobody watched.
      copy.on({ add: object => queue.add(keyOf(object)) });
    },
    reconcile,
  };
}

function labelsOf(service: Stored<Service>): Record<string, string> {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {};
  labels[managedByLabel] = 'endpoint-controller';
  if (isHeadless(service)) labels[headlessLabel] = '';
  return labels;
}
