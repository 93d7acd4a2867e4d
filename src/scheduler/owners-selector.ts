/** The selector of the Services and the set that a Pod belongs to: what it is spread with when it says nothing itself. */

import type { ReplicaSet } from '#api/apps/replica-set.ts';
import { replicaSets } from '#api/apps/replica-set.ts';
import type { StatefulSet } from '#api/apps/stateful-set.ts';
import { statefulSets } from '#api/apps/stateful-set.ts';
import type { ReplicationController } from '#api/core/replication-controller.ts';
import { replicationControllers } from '#api/core/replication-controller.ts';
import type { Service } from '#api/core/service.ts';
import { services } from '#api/core/service.ts';
import type { Informers } from '#client/informer.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import type { PodInfo } from '#scheduler/pod-info.ts';

export type SelectorOfOwners = (info: PodInfo) => LabelSelector | undefined;

export interface OwnersSelector {
  readonly of: SelectorOfOwners;
  readonly synced: Promise<unknown>;
}

export function ownersSelector(informers: Informers): OwnersSelector {
  const serviceInformer = informers.of<Service>(services);
  const sets = {
    ReplicationController: informers.of<ReplicationController>(replicationControllers),
    ReplicaSet: informers.of<ReplicaSet>(replicaSets),
    StatefulSet: informers.of<StatefulSet>(statefulSets),
  };
  const selectorOfSet = ({ namespace, pod }: PodInfo): LabelSelector | undefined => {
    const owner = pod.metadata.ownerReferences?.find(each => each.controller);
    switch (owner?.kind) {
      case 'ReplicationController':
        return { matchLabels: sets.ReplicationController.get(namespace, owner.name)?.spec.selector ?? {} };
      case 'ReplicaSet':
      case 'StatefulSet':
        return sets[owner.kind].get(namespace, owner.name)?.spec.selector;
      default:
        return undefined;
    }
  };
  return {
    synced: Promise.all([serviceInformer, ...Object.values(sets)].map(informer => informer.synced)),
    of(info) {
      const matchLabels: Record<string, string> = {};
      for (const { spec } of serviceInformer.inNamespace(info.namespace)) {
        const wanted = Object.entries(spec.selector ?? {});
        if (wanted.length === 0 || wanted.some(([key, value]) => info.labels[key] !== value)) continue;
        Object.assign(matchLabels, spec.selector);
      }
      const ofSet = selectorOfSet(info);
      Object.assign(matchLabels, ofSet?.matchLabels);
      const matchExpressions = ofSet?.matchExpressions ?? [];
      if (Object.keys(matchLabels).length === 0 && matchExpressions.length === 0) return undefined;
      return { matchLabels, matchExpressions };
    },
  };
}
