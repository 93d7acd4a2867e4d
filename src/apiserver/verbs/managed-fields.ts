/** Notes in `managedFields` who set what, on every way to write. */

import type { ResourceRequest } from '#apiserver/request.ts';
import { managerName, type WriteOptions } from '#apiserver/verbs/options.ts';
import { trackUpdate } from '#machinery/apply/track.ts';
import type { Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';

/** The object with its managedFields as they are after this write. `live` undefined: it is created. */
export function trackWrite(
  request: ResourceRequest,
  live: AnyJson | undefined,
  next: AnyJson,
  options: Pick<WriteOptions, 'fieldManager'>,
  subresource: string,
): AnyJson {
  const { served, server, exchange } = request;
  const { hub } = served.stored;
  const managedFields = trackUpdate({
    schema: hub.schema,
    live,
    next,
    manager: managerName(options, String(exchange.headers['user-agent'] ?? '')),
    operation: 'Update',
    apiVersion: served.resource.apiVersion,
    subresource,
    nowMs: server.clock.nowMs(),
    resetFields: resetFieldsOf(request, subresource),
  });
  const { managedFields: _, ...metadata } = next.metadata;
  if (managedFields !== undefined && managedFields.length > 0) metadata.managedFields = managedFields;
  return { ...next, metadata };
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
