/**
 * Who owns whom, as the copies say: one node for each object that is seen, and one for each owner that is only spoken of.
 * Pure: it takes events and gives back what has to be looked at.
 *
 * An owner that is named but not seen is *virtual*: looking at it asks the server whether it exists. When it does not, its
 * node leaves the graph as a deleted object's does, and its dependants are looked at.
 *
 * Three things make work:
 *   an object may have to be deleted (an owner of it went, or is going in the foreground)
 *   an owner being deleted in the foreground may have lost its last blocking dependant
 *   an owner is being deleted with the orphan finalizer: its dependants are to lose the reference
 */

import type { ResourceId } from '#client/request.ts';
import type { ObjectMeta, OwnerReference } from '#machinery/meta.ts';

export const foregroundFinalizer = 'foregroundDeletion';
export const orphanFinalizer = 'orphan';

export interface Identity {
  readonly uid: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface Node {
  identity: Identity;
  /** How to reach it; found by the kind for a virtual node. */
  resource: ResourceId | undefined;
  owners: readonly OwnerReference[];
  readonly dependents: Set<Node>;
  virtual: boolean;
  beingDeleted: boolean;
  /** Deleted in the foreground: waits for its dependants. */
  deletingDependents: boolean;
}

/** What an event leads to. */
export interface Work {
  readonly toDelete: Set<Node>;
  readonly toOrphan: Set<Node>;
  /** References that point from an object to an owner in another namespace, which cannot be. */
  readonly misplaced: { readonly dependent: Node; readonly owner: OwnerReference }[];
}

const noWork = (): Work => ({ toDelete: new Set(), toOrphan: new Set(), misplaced: [] });

const isForeground = (meta: ObjectMeta) =>
  Boolean(meta.deletionTimestamp) && (meta.finalizers?.includes(foregroundFinalizer) ?? false);

const sameReference = (a: OwnerReference, b: OwnerReference) =>
  a.uid === b.uid && a.kind === b.kind && a.name === b.name && a.apiVersion === b.apiVersion;

export class OwnerGraph {
  readonly #nodes = new Map<string, Node>();

  get(uid: string): Node | undefined {
    return this.#nodes.get(uid);
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** An object as it is now; `old` as it was in the copy before. */
  put(identity: Identity, resource: ResourceId, meta: ObjectMeta, old: ObjectMeta | undefined): Work {
    const work = noWork();
    let node = this.#nodes.get(identity.uid);
    if (node === undefined) {
      node = this.#add(identity, resource);
      this.#setOwners(node, meta.ownerReferences ?? [], work);
      node.deletingDependents = isForeground(meta);
    } else {
      this.#observe(node, identity, resource, work);
      this.#changeOwners(node, meta.ownerReferences ?? [], work);
    }
    node.beingDeleted = Boolean(meta.deletionTimestamp);
    const wasDeleted = Boolean(old?.deletionTimestamp);
    if (!node.beingDeleted) return work;
    if (meta.finalizers?.includes(orphanFinalizer) && (!wasDeleted || !old?.finalizers?.includes(orphanFinalizer))) {
      work.toOrphan.add(node);
    }
    if (isForeground(meta) && (old === undefined || !isForeground(old))) {
      node.deletingDependents = true;
      for (const dependent of node.dependents) work.toDelete.add(dependent);
      work.toDelete.add(node);
    }
    return work;
  }

  /** The object is gone, or a virtual one was found never to have been. */
  remove(uid: string): Work {
    const work = noWork();
    const node = this.#nodes.get(uid);
    if (node === undefined) return work;
    this.#nodes.delete(uid);
    for (const owner of node.owners) {
      const ownerNode = this.#nodes.get(owner.uid);
      if (ownerNode === undefined) continue;
      ownerNode.dependents.delete(node);
      // Perhaps it waited for this one.
      if (ownerNode.deletingDependents) work.toDelete.add(ownerNode);
      this.#forgetUnneeded(ownerNode);
    }
    for (const dependent of node.dependents) work.toDelete.add(dependent);
    return work;
  }

  #add(identity: Identity, resource: ResourceId | undefined): Node {
    const node: Node = {
      identity,
      resource,
      owners: [],
      dependents: new Set(),
      virtual: false,
      beingDeleted: false,
      deletingDependents: false,
    };
    this.#nodes.set(identity.uid, node);
    return node;
  }

  /** A virtual node turns out to be real, perhaps under another name than its dependants say. */
  #observe(node: Node, identity: Identity, resource: ResourceId, work: Work): void {
    if (!node.virtual) return;
    node.virtual = false;
    node.identity = identity;
    node.resource = resource;
    for (const dependent of node.dependents) {
      const owner = dependent.owners.find(each => each.uid === identity.uid);
      if (owner === undefined || fits(dependent.identity, owner, identity)) continue;
      work.toDelete.add(dependent);
      if (isMisplaced(dependent.identity, identity)) work.misplaced.push({ dependent, owner });
    }
  }

  #setOwners(node: Node, owners: readonly OwnerReference[], work: Work): void {
    node.owners = owners;
    for (const owner of owners) this.#link(node, owner, work);
  }

  #link(node: Node, owner: OwnerReference, work: Work): void {
    let ownerNode = this.#nodes.get(owner.uid);
    if (ownerNode === undefined) {
      const { uid, apiVersion, kind, name } = owner;
      ownerNode = this.#add({ uid, apiVersion, kind, name, namespace: node.identity.namespace }, undefined);
      ownerNode.virtual = true;
      work.toDelete.add(ownerNode);
    } else if (!ownerNode.virtual && !fits(node.identity, owner, ownerNode.identity)) {
      work.toDelete.add(node);
      if (isMisplaced(node.identity, ownerNode.identity)) work.misplaced.push({ dependent: node, owner });
    } else if (ownerNode.virtual && ownerNode.identity.namespace !== node.identity.namespace) {
      // It may exist for the one and not for the other.
      work.toDelete.add(node);
    }
    ownerNode.dependents.add(node);
  }

  #changeOwners(node: Node, owners: readonly OwnerReference[], work: Work): void {
    const before = node.owners;
    node.owners = owners;
    for (const owner of owners) {
      if (!before.some(each => sameReference(each, owner))) this.#link(node, owner, work);
    }
    for (const old of before) {
      const now = owners.find(each => each.uid === old.uid);
      const ownerNode = this.#nodes.get(old.uid);
      if (ownerNode === undefined) continue;
      const unblocks = old.blockOwnerDeletion === true && now?.blockOwnerDeletion !== true;
      if (unblocks && ownerNode.deletingDependents) work.toDelete.add(ownerNode);
      if (now !== undefined) continue;
      ownerNode.dependents.delete(node);
      this.#forgetUnneeded(ownerNode);
    }
  }

  #forgetUnneeded(node: Node): void {
    if (node.virtual && node.dependents.size === 0) this.#nodes.delete(node.identity.uid);
  }
}

/** The owner as it is seen is the one that the reference speaks of, and may own the dependant. */
function fits(dependent: Identity, reference: OwnerReference, owner: Identity): boolean {
  if (reference.kind !== owner.kind || reference.name !== owner.name || reference.apiVersion !== owner.apiVersion) {
    return false;
  }
  return !isMisplaced(dependent, owner);
}

function isMisplaced(dependent: Identity, owner: Identity): boolean {
  return owner.namespace !== '' && owner.namespace !== dependent.namespace;
}
