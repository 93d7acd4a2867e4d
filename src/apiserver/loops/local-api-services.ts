/** An APIService for each group and version that this server answers itself: they order discovery, and are always there. */

import { type APIService, apiServices } from '#api/apiregistration/api-service.ts';
import type { ObjectWriter, StatusWriter } from '#apiserver/authz/bootstrap/reconcile.ts';
import { rfc3339 } from '#lib/clock.ts';
import { ApiError } from '#machinery/api-error.ts';

/** Group, version, where the group stands among groups, where the version stands in its group. */
const local: readonly (readonly [group: string, version: string, groupPriority: number, versionPriority: number])[] = [
  ['', 'v1', 18000, 1],
  ['admissionregistration.k8s.io', 'v1', 16700, 15],
  ['apiextensions.k8s.io', 'v1', 16700, 15],
  ['apps', 'v1', 17800, 15],
  ['authentication.k8s.io', 'v1', 17700, 15],
  ['authorization.k8s.io', 'v1', 17600, 15],
  ['autoscaling', 'v1', 17500, 15],
  ['autoscaling', 'v2', 17500, 30],
  ['batch', 'v1', 17400, 15],
  ['certificates.k8s.io', 'v1', 17300, 15],
  ['coordination.k8s.io', 'v1', 16500, 15],
  ['discovery.k8s.io', 'v1', 16200, 15],
  ['events.k8s.io', 'v1', 17750, 15],
  ['flowcontrol.apiserver.k8s.io', 'v1', 16100, 21],
  ['networking.k8s.io', 'v1', 17200, 15],
  ['node.k8s.io', 'v1', 16300, 15],
  ['policy', 'v1', 17100, 15],
  ['rbac.authorization.k8s.io', 'v1', 17000, 15],
  ['resource.k8s.io', 'v1', 16200, 21],
  ['scheduling.k8s.io', 'v1', 16600, 15],
  ['storage.k8s.io', 'v1', 16800, 15],
];

export async function registerLocalServices(writer: ObjectWriter & StatusWriter, nowMs: number): Promise<void> {
  await Promise.all(local.map(each => register(writer, each, nowMs)));
}

async function register(
  writer: ObjectWriter & StatusWriter,
  [group, version, groupPriorityMinimum, versionPriority]: (typeof local)[number],
  nowMs: number,
): Promise<void> {
  const name = `${version}.${group}`;
  const labels = { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' };
  const spec = { ...(group !== '' && { group }), version, groupPriorityMinimum, versionPriority };
  try {
    if ((await writer.get(apiServices, '', name)) === undefined) {
      await writer.create(apiServices, { metadata: { name, labels }, spec });
    }
    const found: APIService = await writer.get(apiServices, '', name);
    if (!found?.status?.conditions?.length)
      await writer.updateStatus(apiServices, { ...found, status: available(nowMs) });
  } catch (error) {
    // Another server that started at the same time was faster: what it wrote is the same.
    if (!(error instanceof ApiError && (error.reason === 'AlreadyExists' || error.reason === 'Conflict'))) throw error;
  }
}

function available(nowMs: number): NonNullable<APIService['status']> {
  const lastTransitionTime = rfc3339(nowMs);
  const message = 'Local APIServices are always available';
  return { conditions: [{ type: 'Available', status: 'True', lastTransitionTime, reason: 'Local', message }] };
}
