/** Gives every Node its range of Pod addresses. */

import type { Node } from '#api/core/node.ts';
import { nodes } from '#api/core/node.ts';
import type { Stored } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { CidrPool } from '#controllers/nodeipam/ranges.ts';
import type { Controller } from '#loop/controller.ts';
import { done } from '#loop/controller.ts';

const nodeCidrBits = 24;

export function nodeIpamController(deps: ControllerDeps, clusterCidr: string): Controller {
  const { client, informers } = deps;
  const all = informers.of(nodes);
  const pool = new CidrPool(clusterCidr, nodeCidrBits);
  const recorder = deps.events('cidrAllocator');
  /** What was given and may not have come back in the copy yet. */
  const given = new Map<string, string>();

  const occupied = (node: Stored<Node>) => {
    const cidr = node.spec.podCIDR;
    if (cidr) pool.occupy(cidr, node.metadata.name);
  };

  return {
    name: 'node-ipam-controller',
    reads: [all],
    wake(queue) {
      all.on({
        add(node) {
          occupied(node);
          queue.add(node.metadata.name);
        },
        update(_, node) {
          occupied(node);
          if (!node.spec.podCIDR) queue.add(node.metadata.name);
        },
        delete(node) {
          const { name } = node.metadata;
          for (const cidr of [node.spec.podCIDR, given.get(name)]) if (cidr) pool.release(cidr, name);
          given.delete(name);
          // One that found nothing free may now.
          for (const other of all.values()) if (!other.spec.podCIDR) queue.add(other.metadata.name);
        },
      });
    },
    async reconcile(name) {
      const node = all.byKey(name);
      if (node === undefined || node.spec.podCIDR) return done;
      const podCIDR = given.get(name) ?? pool.allocate(name);
      if (podCIDR === undefined) {
        const { uid } = node.metadata;
        const message = `Node ${name} status is now: CIDRNotAvailable`;
        recorder.sayOf({ apiVersion: 'v1', kind: 'Node', name, uid }, 'Normal', 'CIDRNotAvailable', message);
        return done;
      }
      given.set(name, podCIDR);
      const { uid } = node.metadata;
      await client.patchStrategic(nodes, { name }, { metadata: { uid }, spec: { podCIDR, podCIDRs: [podCIDR] } });
      return done;
    },
  };
}
