/** The Pods of a DaemonSet and the Nodes they are for. Pure. */

import type { DaemonSet } from '#api/apps/daemon-set.ts';
import { daemonSets } from '#api/apps/daemon-set.ts';
import type { Node } from '#api/core/node.ts';
import { fitsNode } from '#api/core/node-affinity.ts';
import type { Pod } from '#api/core/pod.ts';
import type { PodTemplateSpec } from '#api/core/pod-spec.ts';
import type { Affinity, Toleration } from '#api/core/scheduling.ts';
import { toleratesTaint } from '#api/core/tolerations.ts';
import type { Stored } from '#client/object.ts';
import { podFromTemplate } from '#controllers/pod-control.ts';

export const hashLabel = 'controller-revision-hash';
const generationLabel = 'pod-template-generation';
const generationAnnotation = 'deprecated.daemonset.template.generation';
const nameField = 'metadata.name';

const condition = (name: string) => `node.kubernetes.io/${name}`;

/** Daemons stay on Nodes in trouble: as a rule it is they who mend it. */
function tolerationsOf(template: PodTemplateSpec | undefined): Toleration[] {
  const own = template?.spec?.tolerations ?? [];
  const noExecute = ['not-ready', 'unreachable'];
  const noSchedule = ['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'];
  if (template?.spec?.hostNetwork) noSchedule.push('network-unavailable');
  const added = [
    ...noExecute.map((name): Toleration => ({ key: condition(name), operator: 'Exists', effect: 'NoExecute' })),
    ...noSchedule.map((name): Toleration => ({ key: condition(name), operator: 'Exists', effect: 'NoSchedule' })),
  ];
  const isAdded = (toleration: Toleration) =>
    added.some(
      each => each.key === toleration.key && each.effect === toleration.effect && toleration.operator === 'Exists',
    );
  return [...own.filter(toleration => !isAdded(toleration)), ...added];
}

export interface Eligibility {
  readonly shouldRun: boolean;
  /** One that is there may stay. */
  readonly mayStay: boolean;
}

export function eligibility(set: DaemonSet, node: Node): Eligibility {
  const template = set.spec?.template;
  const wantedNode = template?.spec?.nodeName;
  const placed = !wantedNode || wantedNode === node.metadata?.name;
  if (!placed || !fitsNode({ spec: template?.spec }, node)) return { shouldRun: false, mayStay: false };
  const tolerations = tolerationsOf(template);
  const untolerated = (node.spec?.taints ?? []).filter(taint => !toleratesTaint(tolerations, taint));
  return {
    shouldRun: untolerated.every(taint => taint.effect === 'PreferNoSchedule'),
    mayStay: untolerated.every(taint => taint.effect !== 'NoExecute'),
  };
}

/** The Node a Pod is on, or was made for. */
export function targetNode(pod: Pod): string | undefined {
  if (pod.spec?.nodeName) return pod.spec.nodeName;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? []) {
    for (const { key, operator, values = [] } of matchFields) {
      if (key === nameField && operator === 'In' && values.length === 1) return values[0];
    }
  }
  return undefined;
}

export function newPod(set: Stored<DaemonSet>, hash: string, nodeName: string): Pod {
  const { template } = set.spec;
  const pod = podFromTemplate(template, daemonSets, set, { generateName: `${set.metadata.name}-` });
  const generation = set.metadata.annotations?.[generationAnnotation];
  const labels = {
    ...pod.metadata?.labels,
    [hashLabel]: hash,
    ...(generation === undefined ? {} : { [generationLabel]: generation }),
  };
  const affinity = onlyOn(pod.spec?.affinity, nodeName);
  return {
    metadata: { ...pod.metadata, labels },
    spec: { ...pod.spec!, affinity, tolerations: tolerationsOf(template) },
  };
}

/** The scheduler still places it, but on this Node only: whether the template's own terms fit was asked before. */
function onlyOn(affinity: Affinity | undefined, nodeName: string): Affinity {
  const matchFields = [{ key: nameField, operator: 'In', values: [nodeName] }];
  const required = { nodeSelectorTerms: [{ matchFields }] };
  return {
    ...affinity,
    nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required },
  };
}

export const isUpdated = (pod: Pod, hash: string) => pod.metadata?.labels?.[hashLabel] === hash;
