/** Brings the cluster's DNS into being as objects: the Service `kube-dns`, the nodes behind it, and what the DNS may read. */

import { services } from '#api/core/service.ts';
import { endpointSlices } from '#api/discovery/endpoint-slice.ts';
import { clusterRoles } from '#api/rbac/cluster-role.ts';
import { clusterRoleBindings } from '#api/rbac/cluster-role-binding.ts';
import type { ObjectWriter } from '#apiserver/authz/bootstrap/reconcile.ts';
import { clusterDns, type NodePlace } from '#cmd/cluster.ts';
import { dnsEndpoints, dnsRole, dnsRoleBinding, dnsService } from '#dns/cluster-objects.ts';
import { ApiError } from '#machinery/api-error.ts';
import type { Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';

/** As which the DNS of every node reads. */
export const dnsUser = 'system:proa:dns';

export async function ensureClusterDns(writer: ObjectWriter, places: readonly NodePlace[]): Promise<void> {
  await createOnce(writer, clusterRoles, dnsRole());
  await createOnce(writer, clusterRoleBindings, dnsRoleBinding(dnsUser));
  await createOnce(writer, services, dnsService(clusterDns));
  const slice: AnyJson = dnsEndpoints(places);
  if (await createOnce(writer, endpointSlices, slice)) return;
  const { namespace, name } = slice.metadata;
  const found = await writer.get(endpointSlices, namespace, name);
  await writer.update(endpointSlices, { ...found, endpoints: slice.endpoints });
}

/** False when it was there already: somebody may have changed it, and that stands. */
async function createOnce(writer: ObjectWriter, resource: Resource, object: AnyJson): Promise<boolean> {
  const { namespace = '', name } = object.metadata;
  if ((await writer.get(resource, namespace, name)) !== undefined) return false;
  try {
    await writer.create(resource, object);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.reason === 'AlreadyExists') return false;
    throw error;
  }
}
