/** Endpoints written by hand for a Service without a selector: mirrors them into slices, which is what proxies read. */

import type { Endpoints } from '#api/core/endpoints.ts';
import { endpoints } from '#api/core/endpoints.ts';
import { services } from '#api/core/service.ts';
import type { EndpointSlice } from '#api/discovery/endpoint-slice.ts';
import { endpointSlices } from '#api/discovery/endpoint-slice.ts';
import type { Key, Stored } from '#client/object.ts';
import { keyFor } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { isMirrored, mirroredGroups } from '#controllers/endpointslicemirroring/mirror.ts';
import { applySlices } from '#controllers/service/apply-slices.ts';
import { SliceTracker } from '#controllers/service/slice-tracker.ts';
import { planSlices } from '#controllers/service/slices.ts';
import type { Controller } from '#loop/controller.ts';
import { done, wakeBySelf } from '#loop/controller.ts';
import { controllerReference } from '#loop/owners.ts';

const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
const serviceNameLabel = 'kubernetes.io/service-name';
const managedBy = 'endpointslicemirroring-controller.k8s.io';
const endpointsMax = 1000;
const unmirroredAnnotations = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'endpoints.kubernetes.io/last-change-trigger-time',
]);

export function endpointSliceMirroringController(deps: ControllerDeps): Controller {
  const { client, informers } = deps;
  const all = informers.of(endpoints);
  const serviceCopy = informers.of(services);
  const slices = informers.of(endpointSlices);
  const tracker = new SliceTracker();
  const keyOfSlice = ({ metadata }: EndpointSlice): Key =>
    keyFor(metadata?.namespace, metadata?.labels?.[serviceNameLabel] ?? '');
  const isOurs = ({ metadata }: EndpointSlice) => metadata?.labels?.[managedByLabel] === managedBy;

  async function reconcile(key: Key): Promise<typeof done> {
    const [namespace = '', name = ''] = key.split('/');
    const existing = slices
      .inNamespace(namespace)
      .filter(slice => isOurs(slice) && slice.metadata.labels?.[serviceNameLabel] === name);
    if (tracker.isBehind(key, existing)) return done; // The slice that is missing wakes the loop when it comes.
    const source = all.byKey(key);
    if (source === undefined || !isMirrored(source, serviceCopy.byKey(key))) {
      await applySlices(client, tracker, key, { create: [], update: [], remove: existing });
      if (source === undefined) tracker.forget(key);
      return done;
    }
    const labels = { ...source.metadata.labels, [managedByLabel]: managedBy, [serviceNameLabel]: name };
    for (const addressType of ['IPv4', 'IPv6'] as const) {
      const groups = mirroredGroups(source, addressType);
      const ofType = existing.filter(slice => slice.addressType === addressType);
      const plan =
        groups.length === 0
          ? { create: [], update: [], remove: ofType }
          : planSlices(groups, ofType, {
              labels,
              endpointsMax,
              blank: ports => blankSlice(source, addressType, labels, [...ports]),
            });
      for (const slice of plan.update) slice.metadata = { ...slice.metadata, generateName: undefined };
      await applySlices(client, tracker, key, plan);
    }
    return done;
  }

  return {
    name: 'endpointslice-mirroring-controller',
    reads: [all, serviceCopy, slices],
    workers: 5,
    wake(queue) {
      wakeBySelf(queue, all);
      wakeBySelf(queue, serviceCopy);
      const wakeSlice = (slice: Stored<EndpointSlice>) => {
        if (isOurs(slice)) queue.add(keyOfSlice(slice));
      };
      slices.on({
        add: wakeSlice,
        update: (_, slice) => wakeSlice(slice),
        delete(slice) {
          tracker.gone(keyOfSlice(slice), slice);
          wakeSlice(slice);
        },
      });
    },
    reconcile,
  };
}

function blankSlice(
  source: Stored<Endpoints>,
  addressType: string,
  labels: Record<string, string>,
  ports: NonNullable<EndpointSlice['ports']>,
): EndpointSlice {
  const { name, namespace } = source.metadata;
  const annotations: Record<string, string> = {};
  for (const [key, value] of Object.entries(source.metadata.annotations ?? {})) {
    if (!unmirroredAnnotations.has(key)) annotations[key] = value;
  }
  const ownerReferences = [controllerReference(endpoints, source)];
  const metadata = { generateName: `${name}-`, namespace, labels: { ...labels }, annotations, ownerReferences };
  return { metadata, addressType, endpoints: [], ports };
}
