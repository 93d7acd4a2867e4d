/** EndpointSlices of Services with a selector: the addresses of the Pods behind them. */

import { nodes } from '#api/core/node.ts';
import { pods } from '#api/core/pod.ts';
import type { Service } from '#api/core/service.ts';
import { services } from '#api/core/service.ts';
import type { EndpointSlice } from '#api/discovery/endpoint-slice.ts';
import { endpointSlices } from '#api/discovery/endpoint-slice.ts';
import { byNodeName } from '#client/indexes.ts';
import type { Key, Stored } from '#client/object.ts';
import { keyFor, keyOf } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { AddressType } from '#controllers/endpointslice/desired.ts';
import { addressTypesOf, desiredEndpoints } from '#controllers/endpointslice/desired.ts';
import { applySlices } from '#controllers/service/apply-slices.ts';
import { headlessLabel, isHeadless } from '#controllers/service/service-pods.ts';
import { SliceTracker } from '#controllers/service/slice-tracker.ts';
import { planSlices } from '#controllers/service/slices.ts';
import { TriggerTimes, triggerAnnotation } from '#controllers/service/trigger-time.ts';
import { wakeServicesByPods } from '#controllers/service/wake-by-pods.ts';
import type { Controller } from '#loop/controller.ts';
import { done, wakeBySelf } from '#loop/controller.ts';
import { controllerReference } from '#loop/owners.ts';
import { labelsTest } from '#loop/selector.ts';

const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
const serviceNameLabel = 'kubernetes.io/service-name';
const managedBy = 'endpointslice-controller.k8s.io';
const zoneLabel = 'topology.kubernetes.io/zone';
const endpointsMax = 100;

export function endpointSliceController(deps: ControllerDeps): Controller {
  const { client, informers } = deps;
  const all = informers.of(services);
  const podCopy = informers.of(pods);
  const nodeCopy = informers.of(nodes);
  const slices = informers.of(endpointSlices);
  const tracker = new SliceTracker();
  const triggers = new TriggerTimes();
  const keyOfSlice = ({ metadata }: EndpointSlice): Key =>
    keyFor(metadata?.namespace, metadata?.labels?.[serviceNameLabel] ?? '');
  const isOurs = ({ metadata }: EndpointSlice) => metadata?.labels?.[managedByLabel] === managedBy;

  async function reconcile(key: Key): Promise<typeof done> {
    const service = all.byKey(key);
    if (service === undefined) {
      tracker.forget(key);
      triggers.forget(key);
      return done; // Its slices belong to the garbage collector.
    }
    if (!service.spec.selector || service.spec.type === 'ExternalName') return done;
    const { namespace = '', name } = service.metadata;
    const existing = slices
      .inNamespace(namespace)
      .filter(slice => isOurs(slice) && slice.metadata.labels?.[serviceNameLabel] === name)
      .filter(slice => !slice.metadata.deletionTimestamp);
    if (tracker.isBehind(key, existing)) return done; // The slice that is missing wakes the loop when it comes.
    const matches = labelsTest(service.spec.selector);
    const behind = podCopy.inNamespace(namespace).filter(pod => matches(pod.metadata.labels));
    const trigger = triggers.next(key, service, behind);
    const types = addressTypesOf(service);
    for (const addressType of types) {
      const { groups } = desiredEndpoints(service, behind, addressType, node => nodeCopy.byKey(node));
      const labels = labelsOf(service);
      const plan = planSlices(
        groups,
        existing.filter(slice => slice.addressType === addressType),
        { labels, endpointsMax, blank: ports => blankSlice(service, addressType, labels, [...ports]) },
      );
      for (const slice of [...plan.create, ...plan.update]) noteTrigger(slice, trigger);
      await applySlices(client, tracker, key, plan);
    }
    const stale = existing.filter(slice => !types.includes(slice.addressType as AddressType));
    await applySlices(client, tracker, key, { create: [], update: [], remove: stale });
    return done;
  }

  return {
    name: 'endpointslice-controller',
    reads: [all, podCopy, nodeCopy, slices],
    workers: 5,
    wake(queue) {
      wakeBySelf(queue, all);
      wakeServicesByPods(queue, all, podCopy);
      const wakeSlice = (slice: Stored<EndpointSlice>) => {
        if (isOurs(slice)) queue.add(keyOfSlice(slice));
      };
      slices.on({
        add: wakeSlice,
        update(old, slice) {
          if (isOurs(old) && keyOfSlice(old) !== keyOfSlice(slice)) wakeSlice(old);
          wakeSlice(slice);
        },
        delete(slice) {
          tracker.gone(keyOfSlice(slice), slice);
          wakeSlice(slice);
        },
      });
      const wakeNode = (name: string) => {
        const selected = podCopy.by(byNodeName, name);
        for (const service of all.values()) {
          const matches = labelsTest(service.spec.selector);
          const { namespace } = service.metadata;
          if (selected.some(pod => pod.metadata.namespace === namespace && matches(pod.metadata.labels))) {
            queue.add(keyOf(service));
          }
        }
      };
      nodeCopy.on({
        add: node => wakeNode(node.metadata.name),
        update(old, node) {
          if (old.metadata.labels?.[zoneLabel] !== node.metadata.labels?.[zoneLabel]) wakeNode(node.metadata.name);
        },
      });
    },
    reconcile,
  };
}

const reservedLabels = new Set([managedByLabel, serviceNameLabel, headlessLabel]);

/** The Service's own labels, and those by which slices are found. */
function labelsOf(service: Stored<Service>): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(service.metadata.labels ?? {})) {
    if (!reservedLabels.has(name)) labels[name] = value;
  }
  labels[managedByLabel] = managedBy;
  labels[serviceNameLabel] = service.metadata.name;
  if (isHeadless(service)) labels[headlessLabel] = '';
  return labels;
}

function blankSlice(
  service: Stored<Service>,
  addressType: AddressType,
  labels: Record<string, string>,
  ports: NonNullable<EndpointSlice['ports']>,
): EndpointSlice {
  const { name, namespace } = service.metadata;
  const ownerReferences = [controllerReference(services, service)];
  const metadata = { generateName: `${name}-`, namespace, labels: { ...labels }, ownerReferences };
  return { metadata, addressType, endpoints: [], ports };
}

function noteTrigger(slice: EndpointSlice, trigger: string | undefined): void {
  const { [triggerAnnotation]: _, ...annotations } = slice.metadata?.annotations ?? {};
  slice.metadata = {
    ...slice.metadata,
    annotations: trigger === undefined ? annotations : { ...annotations, [triggerAnnotation]: trigger },
  };
}
