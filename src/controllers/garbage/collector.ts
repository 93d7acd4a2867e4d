/**
 * What is done with one object of the graph: delete it, let its owner go, or take a reference from it. Every decision is
 * made on the object as the server has it now, and carried out on condition that it is still so.
 */

import { isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { ServedResource } from '#client/discovery.ts';
import type { ApiObject, Stored } from '#client/object.ts';
import type { ResourceId } from '#client/request.ts';
import type { Identity, Node } from '#controllers/garbage/graph.ts';
import { foregroundFinalizer, orphanFinalizer } from '#controllers/garbage/graph.ts';
import type { OwnerReference } from '#machinery/meta.ts';

export interface CollectorDeps {
  readonly client: Client;
  readonly resourceOf: (apiVersion: string, kind: string) => ServedResource | undefined;
  /** The object is known to be gone although no event said so. */
  readonly onAbsent: (uid: string) => void;
  readonly lookAgain: (node: Node) => void;
}

/** A kind that is not served (yet): whoever names it as an owner is left alone and tried again later. */
export class UnknownKind extends Error {
  constructor(identity: { apiVersion: string; kind: string }) {
    super(`no resource is served for kind ${identity.kind} of ${identity.apiVersion}`);
  }
}

type Live = Stored<ApiObject>;

/** Owners found not to exist, by uid and namespace, so that thousands of dependants do not ask again. */
const absentMax = 500;

export class Collector {
  readonly #deps: CollectorDeps;
  readonly #absent = new Set<string>();

  constructor(deps: CollectorDeps) {
    this.#deps = deps;
  }

  async tryDelete(node: Node): Promise<void> {
    if (node.beingDeleted && !node.deletingDependents) return;
    const live = await this.#live(node);
    if (live === undefined) return this.#deps.onAbsent(node.identity.uid);
    // It exists; its event will come and make it real.
    if (node.virtual) return;
    if (node.deletingDependents) return this.#finishForeground(node);
    const owners = live.metadata.ownerReferences ?? [];
    if (owners.length > 0) await this.#judge(node, live, owners);
  }

  /** Takes the reference to the owner from every dependant, then the finalizer from the owner. */
  async orphan(owner: Node): Promise<void> {
    const release = (dependent: Node) => this.#dropOwners(dependent, new Set([owner.identity.uid]));
    await Promise.all([...owner.dependents].map(release));
    await this.#dropFinalizer(owner, orphanFinalizer);
  }

  async #finishForeground(node: Node): Promise<void> {
    const blocking = [...node.dependents].filter(dependent => blocks(dependent, node.identity.uid));
    if (blocking.length === 0) return this.#dropFinalizer(node, foregroundFinalizer);
    for (const dependent of blocking) if (!dependent.deletingDependents) this.#deps.lookAgain(dependent);
  }

  async #judge(node: Node, live: Live, owners: readonly OwnerReference[]): Promise<void> {
    const { solid, dangling, waiting } = await this.#sort(node, owners);
    if (solid === undefined) return;
    if (solid.length > 0) {
      const gone = new Set([...dangling, ...waiting].map(owner => owner.uid));
      if (gone.size > 0) await this.#dropOwners(node, gone);
      return;
    }
    if (waiting.length > 0 && node.dependents.size > 0) {
      // A circle of owners that wait for each other would never end: this one no longer holds its owners up.
      if ([...node.dependents].some(dependent => dependent.deletingDependents)) await this.#unblock(node);
      return this.#delete(node, live, 'Foreground');
    }
    const finalizers = live.metadata.finalizers ?? [];
    if (finalizers.includes(orphanFinalizer)) return this.#delete(node, live, 'Orphan');
    return this.#delete(node, live, finalizers.includes(foregroundFinalizer) ? 'Foreground' : 'Background');
  }

  /** No `solid` list: the object refers to something that cannot own it, and stays for good. */
  async #sort(
    node: Node,
    owners: readonly OwnerReference[],
  ): Promise<{ solid: OwnerReference[] | undefined; dangling: OwnerReference[]; waiting: OwnerReference[] }> {
    const solid: OwnerReference[] = [];
    const dangling: OwnerReference[] = [];
    const waiting: OwnerReference[] = [];
    for (const owner of owners) {
      const resource = this.#deps.resourceOf(owner.apiVersion, owner.kind);
      if (resource === undefined) throw new UnknownKind(owner);
      if (resource.namespaced && node.identity.namespace === '') return { solid: undefined, dangling, waiting };
      const live = await this.#liveOwner(resource, owner, node.identity);
      if (live === undefined) dangling.push(owner);
      else if (live.metadata.deletionTimestamp && live.metadata.finalizers?.includes(foregroundFinalizer)) {
        waiting.push(owner);
      } else solid.push(owner);
    }
    return { solid, dangling, waiting };
  }

  async #liveOwner(resource: ServedResource, owner: OwnerReference, dependent: Identity): Promise<Live | undefined> {
    const namespace = resource.namespaced ? dependent.namespace : '';
    const key = `${owner.uid}/${owner.kind}/${namespace}/${owner.name}`;
    if (this.#absent.has(key)) return undefined;
    const live = await this.#get(resource, namespace, owner.name);
    if (live?.metadata.uid === owner.uid) return live;
    this.#absent.add(key);
    if (this.#absent.size > absentMax) this.#absent.delete(this.#absent.values().next().value ?? '');
    return undefined;
  }

  async #live(node: Node): Promise<Live | undefined> {
    const { namespace, name, uid } = node.identity;
    const { resource, namespaced } = this.#resourceOf(node);
    const live = await this.#get(resource, namespaced ? namespace : '', name);
    return live?.metadata.uid === uid ? live : undefined;
  }

  #resourceOf(node: Node): { resource: ResourceId; namespaced: boolean } {
    const resource = node.resource ?? this.#deps.resourceOf(node.identity.apiVersion, node.identity.kind);
    if (resource === undefined) throw new UnknownKind(node.identity);
    return { resource, namespaced: resource.namespaced };
  }

  async #get(resource: ResourceId, namespace: string, name: string): Promise<Live | undefined> {
    try {
      return await this.#deps.client.get<ApiObject>(resource, { namespace, name }, { metadataOnly: true });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #delete(node: Node, live: Live, propagationPolicy: string): Promise<void> {
    const { uid, resourceVersion } = live.metadata;
    const { namespace, name } = node.identity;
    try {
      const preconditions = { uid, resourceVersion };
      await this.#deps.client.delete(
        this.#resourceOf(node).resource,
        { namespace, name },
        { preconditions, propagationPolicy },
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#deps.onAbsent(uid);
    }
  }

  #dropOwners(node: Node, uids: ReadonlySet<string>): Promise<void> {
    return this.#patch(node, ({ ownerReferences = [] }) => {
      const kept = ownerReferences.filter(owner => !uids.has(owner.uid));
      return kept.length === ownerReferences.length ? undefined : { ownerReferences: kept.length > 0 ? kept : null };
    });
  }

  #unblock(node: Node): Promise<void> {
    return this.#patch(node, ({ ownerReferences = [] }) => {
      if (!ownerReferences.some(owner => owner.blockOwnerDeletion)) return undefined;
      return { ownerReferences: ownerReferences.map(owner => ({ ...owner, blockOwnerDeletion: false })) };
    });
  }

  #dropFinalizer(node: Node, finalizer: string): Promise<void> {
    return this.#patch(node, ({ finalizers = [] }) => {
      const kept = finalizers.filter(each => each !== finalizer);
      return kept.length === finalizers.length ? undefined : { finalizers: kept.length > 0 ? kept : null };
    });
  }

  /** Changes metadata of the object as it is now: a merge patch, which every kind understands, with its version. */
  async #patch(node: Node, change: (meta: Live['metadata']) => object | undefined): Promise<void> {
    const live = await this.#live(node);
    const changed = live === undefined ? undefined : change(live.metadata);
    if (live === undefined || changed === undefined) return;
    const { uid, resourceVersion } = live.metadata;
    const { namespace, name } = node.identity;
    const patch = { metadata: { uid, resourceVersion, ...changed } };
    try {
      await this.#deps.client.patchMerge(this.#resourceOf(node).resource, { namespace, name }, patch);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

function blocks(dependent: Node, ownerUid: string): boolean {
  return dependent.owners.some(owner => owner.uid === ownerUid && owner.blockOwnerDeletion === true);
}
