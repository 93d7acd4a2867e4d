/** Tells kubelets for how long they may keep a Secret or ConfigMap, the longer the larger the cluster. */

import { nodes } from '#api/core/node.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { Controller } from '#loop/controller.ts';
import { done } from '#loop/controller.ts';

const annotation = 'node.alpha.kubernetes.io/ttl';

/** Steps overlap, so that a cluster at a border does not go to and fro. */
const steps = [
  { nodesMin: 0, nodesMax: 100, seconds: 0 },
  { nodesMin: 90, nodesMax: 500, seconds: 15 },
  { nodesMin: 450, nodesMax: 1000, seconds: 30 },
  { nodesMin: 900, nodesMax: 2000, seconds: 60 },
  { nodesMin: 1800, nodesMax: Number.POSITIVE_INFINITY, seconds: 300 },
];

/** The step after one Node came or went. */
export function nextStep(step: number, nodeCount: number): number {
  let next = step;
  while (next < steps.length - 1 && nodeCount > steps[next]!.nodesMax) next++;
  while (next > 0 && nodeCount < steps[next]!.nodesMin) next--;
  return next;
}

export function ttlController({ client, informers }: ControllerDeps): Controller {
  const all = informers.of(nodes);
  let step = 0;
  return {
    name: 'ttl-controller',
    reads: [all],
    wake(queue) {
      const resize = () => {
        const next = nextStep(step, all.size);
        if (next === step) return;
        step = next;
        for (const node of all.values()) queue.add(node.metadata.name);
      };
      all.on({
        add(node) {
          resize();
          queue.add(node.metadata.name);
        },
        update: (_, node) => queue.add(node.metadata.name),
        delete: resize,
      });
    },
    async reconcile(name) {
      const node = all.byKey(name);
      const value = String(steps[step]!.seconds);
      if (node === undefined || node.metadata.annotations?.[annotation] === value) return done;
      await client.patchStrategic(nodes, { name }, { metadata: { annotations: { [annotation]: value } } });
      return done;
    },
  };
}
