/** Notes in `managedFields` who set what, on every way to write. */

import { inVersion } from '#apiserver/reply.ts';
import type { ResourceRequest } from '#apiserver/request.ts';
import type { Served } from '#apiserver/served.ts';
import { managerName, type WriteOptions } from '#apiserver/verbs/options.ts';
import { trackUpdate, type VersionedObjects } from '#machinery/apply/track.ts';
import { parseApiVersion, type Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';

/** The object with its managedFields as they are after this write. `live` undefined: it is created. Both in the hub's version. */
export function trackWrite(
  request: ResourceRequest,
  live: AnyJson | undefined,
  next: AnyJson,
  options: Pick<WriteOptions, 'fieldManager'>,
  subresource: string,
): AnyJson {
  const { served, server, exchange } = request;
  const managedFields = trackUpdate({
    ...objectsIn(served, live, live === undefined ? withoutSystemFields(next) : next),
    manager: managerName(options, String(exchange.headers['user-agent'] ?? '')),
    operation: 'Update',
    apiVersion: served.resource.apiVersion,
    subresource,
    nowMs: server.clock.nowMs(),
    resetFields: resetFieldsOf(request, subresource),
    inVersion: apiVersion => objectsInVersion(request, apiVersion, live, next),
  });
  const { managedFields: _, ...metadata } = next.metadata;
  if (managedFields !== undefined && managedFields.length > 0) metadata.managedFields = managedFields;
  return { ...next, metadata };
}

/** What a client cannot give to a new object, it does not own either. */
function withoutSystemFields(object: AnyJson): AnyJson {
  const { deletionTimestamp: _, deletionGracePeriodSeconds: __, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/**
 * Both objects as a manager saw them that wrote in another version; undefined when that is not served any more, or is of
 * another group (an Event that was written through events.k8s.io): upstream cannot tell its fields apart there.
 */
export function objectsInVersion(
  request: ResourceRequest,
  apiVersion: string,
  live: AnyJson | undefined,
  next: AnyJson,
): VersionedObjects | undefined {
  const { group, version } = parseApiVersion(apiVersion);
  const { resource } = request.served;
  if (group !== resource.group) return undefined;
  const other = request.server.resources.find(group, version, resource.plural);
  return other && objectsIn(other, live, next);
}

function objectsIn(served: Served, live: AnyJson | undefined, next: AnyJson): VersionedObjects {
  const seen = (object: AnyJson) => {
    if (served.fromHub === undefined) return object;
    const { managedFields } = object.metadata;
    const shown = inVersion(served, object);
    return { ...shown, metadata: { ...shown.metadata, managedFields } };
  };
  return { schema: served.resource.schema, live: live && seen(live), next: seen(next) };
}

/** What a write to the object or a sub-resource never takes, whatever was sent. */
export function resetFieldsOf(request: ResourceRequest, subresource: string): readonly (readonly string[])[] {
  const { hub, strategy } = request.served.stored;
  return strategy.resetFields?.(subresource) ?? defaultResetFields(hub, subresource);
}

/** Where there is a status sub-resource, the object's own path does not take the status, and that path nothing else. */
function defaultResetFields(hub: Resource, subresource: string): readonly (readonly string[])[] {
  if (!('status' in hub.subresources)) return [];
  if (subresource === '') return [['status']];
  if (subresource !== 'status') return [];
  return Object.keys(hub.schema.fields)
    .filter(name => !['kind', 'apiVersion', 'metadata', 'status'].includes(name))
    .map(name => [name]);
}
