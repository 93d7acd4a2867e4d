/** The revisions of a template that an owner keeps as ControllerRevisions, so that it can go back to one. */

import type { ControllerRevision } from '#api/apps/controller-revision.ts';
import { controllerRevisions } from '#api/apps/controller-revision.ts';
import type { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { isAlreadyExists, isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { ApiObject, Stored } from '#client/object.ts';
import { refOf } from '#client/object.ts';
import { templateHash } from '#controllers/template-hash.ts';
import { controllerReference } from '#loop/owners.ts';
import { sameJson } from '#loop/same.ts';
import type { Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';

export interface HistoryOwner {
  readonly client: Client;
  readonly resource: Resource;
  readonly owner: Stored<ApiObject>;
  readonly template: PodTemplateSpec | undefined;
  readonly collisionCount: number | undefined;
  /** The label that carries the hash. */
  readonly hashLabel: string;
}

export interface Resolved {
  /** The revision of the template as it is now. */
  readonly update: Stored<ControllerRevision>;
  /** All, the oldest first. */
  readonly all: Stored<ControllerRevision>[];
  readonly collisionCount: number;
}

const byRevision = (a: Stored<ControllerRevision>, b: Stored<ControllerRevision>) =>
  a.revision - b.revision || (a.metadata.name < b.metadata.name ? -1 : 1);

/** What a revision remembers: a patch that puts the template back. */
export function revisionData(template: PodTemplateSpec | undefined): AnyJson {
  const metadata = { ...template?.metadata, creationTimestamp: undefined };
  return JSON.parse(JSON.stringify({ spec: { template: { $patch: 'replace', ...template, metadata } } }));
}

export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = revision.data?.spec?.template ?? {};
  return template;
}

/** Finds the revision of the present template, brings it to the front when it is an old one, or makes it. */
export async function resolveRevision(
  owner: HistoryOwner,
  owned: readonly Stored<ControllerRevision>[],
): Promise<Resolved> {
  const all = [...owned].sort(byRevision);
  const data = revisionData(owner.template);
  const found = all.findLast(each => sameJson(each.data, data));
  const last = all.at(-1)?.revision ?? 0;
  let collisionCount = owner.collisionCount ?? 0;
  if (found !== undefined) {
    if (found.revision === last) return { update: found, all, collisionCount };
    const update = await owner.client.update(controllerRevisions, { ...found, revision: last + 1 });
    const others = all.filter(each => each !== found);
    return { update, all: [...others, update], collisionCount };
  }
  for (;;) {
    const made = await make(owner, data, last + 1, collisionCount);
    if (made !== undefined) return { update: made, all: [...all, made], collisionCount };
    collisionCount++;
  }
}

/** Undefined when the name is taken by another. */
async function make(
  { client, resource, owner, template, hashLabel }: HistoryOwner,
  data: AnyJson,
  revision: number,
  collisionCount: number,
): Promise<Stored<ControllerRevision> | undefined> {
  const { name: ownerName, namespace } = owner.metadata;
  const hash = templateHash(data, collisionCount === 0 ? undefined : collisionCount);
  const name = `${ownerName}-${hash}`;
  const labels = { ...template?.metadata?.labels, [hashLabel]: hash };
  const ownerReferences = [controllerReference(resource, owner)];
  const annotations = owner.metadata.annotations;
  try {
    return await client.create(controllerRevisions, {
      metadata: { name, namespace, labels, annotations, ownerReferences },
      data,
      revision,
    });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    // Whoever made it, it says the same: one that an owner before us left behind is adopted in the next step.
    const existing = await client.get(controllerRevisions, { namespace, name });
    return sameJson(existing.data, data) ? existing : undefined;
  }
}

/** The oldest revisions that nothing uses go, beyond the limit. */
export async function truncateHistory(
  client: Client,
  all: readonly Stored<ControllerRevision>[],
  isLive: (revision: Stored<ControllerRevision>) => boolean,
  limit: number,
): Promise<void> {
  const unused = all.filter(each => !isLive(each));
  for (const each of unused.slice(0, Math.max(0, unused.length - limit))) {
    await client.delete(controllerRevisions, refOf(each)).catch(error => {
      if (!isNotFound(error)) throw error;
    });
  }
}
