import type { NodeTable } from '#scheduler/node-table.ts';
import type { Plugin, Refusal } from '#scheduler/plugin.ts';
import type { Claim } from '#scheduler/storage.ts';
import { planVolumes, podClaims, reaches } from '#scheduler/volume-plan.ts';

const plugin = 'VolumeBinding';
const refused = (reason: string): Refusal => ({ plugin, reasons: [reason], resolvable: false });
const outOfReach = refused("node(s) didn't match PersistentVolume's node affinity");
const volumeGone = refused('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)');
const noVolume = refused("node(s) didn't find available persistent volumes to bind");

/** The node reaches the volumes that the Pod has, and those that it still needs can be had there. */
export const volumeBinding: Plugin = {
  name: plugin,
  preFilter(info, table) {
    if (info.claims.length === 0) return undefined;
    const claims = podClaims(info, table.storage);
    if ('problem' in claims) return { rejection: claims.problem, resolvable: false };
    return {
      filter(row) {
        for (const claim of claims.bound) {
          const refusal = boundRefusal(claim, row, table);
          if (refusal !== undefined) return refusal;
        }
        return planVolumes(claims, table.nodeOf(row)) === undefined ? noVolume : undefined;
      },
    };
  },
  wakes: {
    storage: ({ claim }, { namespace, claims }) =>
      claim === undefined ||
      (claim.metadata.namespace === namespace && claims.some(({ name }) => name === claim.metadata.name)),
    node: ({ old, node }) =>
      old === undefined || JSON.stringify(old.metadata.labels) !== JSON.stringify(node.metadata.labels),
  },
};

function boundRefusal(claim: Claim, row: number, table: NodeTable): Refusal | undefined {
  const volume = table.storage.volume(claim.spec.volumeName ?? '');
  if (volume === undefined) return volumeGone;
  return reaches(volume, table.nodeOf(row)) ? undefined : outOfReach;
}
