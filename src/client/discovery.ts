/** What a server serves, as it says itself: every resource with its verbs, built-in or not. */

import { ApiError } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { ResourceId } from '#client/request.ts';
import type { AnyJson } from '#machinery/schema.ts';

export interface ServedResource extends ResourceId {
  readonly kind: string;
  readonly verbs: readonly string[];
  /** Its version is the one that the group prefers of those that have the resource. */
  readonly preferred: boolean;
}

export interface Discovery {
  readonly resources: readonly ServedResource[];
  /** Groups and versions that could not be asked: an aggregated API whose server is away. */
  readonly failures: readonly { readonly groupVersion: string; readonly message: string }[];
}

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

export async function discover(client: Client): Promise<Discovery> {
  const resources: ServedResource[] = [];
  const failures: { groupVersion: string; message: string }[] = [];
  for (const target of ['/api', '/apis']) {
    const reply = await client.send({ method: 'GET', target, accept: aggregated });
    if (reply.kind === 'APIGroupDiscoveryList') readAggregated(reply, resources, failures);
    else await readOneByOne(client, target, reply, resources, failures);
  }
  return { resources, failures };
}

function readAggregated(
  list: AnyJson,
  resources: ServedResource[],
  failures: { groupVersion: string; message: string }[],
): void {
  for (const group of list.items ?? []) {
    const seen = new Set<string>();
    const groupName: string = group.metadata?.name ?? '';
    for (const { version, resources: served = [], freshness } of group.versions ?? []) {
      if (freshness === 'Stale') {
        const groupVersion = groupName === '' ? version : `${groupName}/${version}`;
        failures.push({ groupVersion, message: 'stale GroupVersion discovery' });
      }
      for (const each of served) {
        const preferred = !seen.has(each.resource);
        seen.add(each.resource);
        resources.push({
          group: groupName,
          version,
          plural: each.resource,
          kind: each.responseKind?.kind ?? '',
          namespaced: each.scope === 'Namespaced',
          verbs: each.verbs ?? [],
          preferred,
        });
      }
    }
  }
}

/** The way of servers without aggregated discovery: one request for each group and version. */
async function readOneByOne(
  client: Client,
  target: string,
  reply: AnyJson,
  resources: ServedResource[],
  failures: { groupVersion: string; message: string }[],
): Promise<void> {
  const groups: { name: string; versions: string[] }[] =
    target === '/api'
      ? [{ name: '', versions: reply.versions ?? [] }]
      : (reply.groups ?? []).map((group: AnyJson) => ({ name: group.name, versions: versionsOf(group) }));
  for (const { name, versions } of groups) {
    const seen = new Set<string>();
    for (const version of versions) {
      const path = name === '' ? `/api/${version}` : `/apis/${name}/${version}`;
      try {
        const list = await client.send({ method: 'GET', target: path });
        for (const each of list.resources ?? []) {
          if (each.name.includes('/')) continue;
          const preferred = !seen.has(each.name);
          seen.add(each.name);
          const { kind, namespaced, verbs } = each;
          resources.push({ group: name, version, plural: each.name, kind, namespaced, verbs: verbs ?? [], preferred });
        }
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        failures.push({ groupVersion: name === '' ? version : `${name}/${version}`, message: error.message });
      }
    }
  }
}

/** The preferred version first. */
function versionsOf(group: AnyJson): string[] {
  const versions: string[] = (group.versions ?? []).map((each: AnyJson) => each.version);
  const preferred: string | undefined = group.preferredVersion?.version;
  return preferred === undefined ? versions : [preferred, ...versions.filter(version => version !== preferred)];
}
