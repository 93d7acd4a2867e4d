/** Where a node's Pods come from: a watch of its own, or one watch that many nodes of a process share; and the Node itself. */

import type { Node } from '#api/core/node.ts';
import { nodes } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import type { Informer, InformerOptions } from '#client/informer.ts';
import { Informer as Follower } from '#client/informer.ts';
import type { Stored } from '#client/object.ts';

export interface PodHandlers {
  add(pod: Stored<Pod>): void;
  update(pod: Stored<Pod>): void;
  delete(pod: Stored<Pod>): void;
}

export interface PodSource {
  /** Resolves once all Pods that there are have been told. */
  synced: Promise<void>;
  /** Gives the way to stop it. */
  on(handlers: PodHandlers): () => void;
}

/** A watch of the Pods of one node: all that a node's credentials may see. */
export function podSourceOfNode(nodeName: string, options: InformerOptions): PodSource & { stop(): void } {
  const informer = new Follower<Pod>(pods, { fieldSelector: `spec.nodeName=${nodeName}` }, options);
  return {
    synced: informer.synced,
    on(handlers) {
      const off = informer.on({
        add: pod => handlers.add(pod),
        update: (_, pod) => handlers.update(pod),
        delete: pod => handlers.delete(pod),
      });
      informer.start();
      return off;
    },
    stop: () => informer.stop(),
  };
}

/** Tells of the Node object of that name whenever it has changed. Gives the way to stop it. */
export type NodeSource = (seen: (node: Stored<Node>) => void) => () => void;

export function watchOfNode(nodeName: string, options: InformerOptions): NodeSource {
  return seen => {
    const informer = new Follower<Node>(nodes, { fieldSelector: `metadata.name=${nodeName}` }, options);
    informer.on({ add: seen, update: (_, node) => seen(node) });
    informer.start();
    return () => informer.stop();
  };
}

/** Deals the Pods of one watch out to the nodes they are bound to. */
export class SharedPodSource {
  readonly #informer: Informer<Pod>;
  readonly #nodes = new Map<string, PodHandlers>();

  constructor(informer: Informer<Pod>) {
    this.#informer = informer;
    informer.on({
      add: pod => this.#of(pod)?.add(pod),
      update: (old, pod) => {
        // A Pod comes to a node when it is bound.
        if (old.spec.nodeName === pod.spec.nodeName) this.#of(pod)?.update(pod);
        else this.#of(pod)?.add(pod);
      },
      delete: pod => this.#of(pod)?.delete(pod),
    });
  }

  ofNode(nodeName: string): PodSource {
    return {
      synced: this.#informer.synced,
      on: handlers => {
        this.#nodes.set(nodeName, handlers);
        for (const pod of this.#informer.values()) if (pod.spec.nodeName === nodeName) handlers.add(pod);
        return () => this.#nodes.delete(nodeName);
      },
    };
  }

  #of(pod: Stored<Pod>): PodHandlers | undefined {
    return this.#nodes.get(pod.spec.nodeName ?? '');
  }
}

/** Tells each node of its Node, out of one watch of all. */
export class SharedNodeSource {
  readonly #informer: Informer<Node>;
  readonly #seen = new Map<string, (node: Stored<Node>) => void>();

  constructor(informer: Informer<Node>) {
    this.#informer = informer;
    const tell = (node: Stored<Node>) => this.#seen.get(node.metadata.name)?.(node);
    informer.on({ add: tell, update: (_, node) => tell(node) });
  }

  ofNode(nodeName: string): NodeSource {
    return seen => {
      this.#seen.set(nodeName, seen);
      const present = this.#informer.get(undefined, nodeName);
      if (present !== undefined) seen(present);
      return () => this.#seen.delete(nodeName);
    };
  }
}
