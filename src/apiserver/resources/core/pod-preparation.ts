/** What the server itself writes into a Pod, or into a template of Pods. */

import type { Container } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import { qosClassOf } from '#api/core/pod-resources.ts';
import type { PodSpec, PodTemplateSpec } from '#api/core/pod-spec.ts';
import { PodSpec as PodSpecSchema } from '#api/core/pod-spec.ts';
import type { PodAffinityTerm, TopologySpreadConstraint } from '#api/core/scheduling.ts';
import { allContainers } from '#apiserver/resources/core/pod-system.ts';
import { appArmorPrefix, appArmorProfileOf } from '#apiserver/resources/core/pod-validation.ts';
import { rfc3339 } from '#lib/clock.ts';
import { canonical } from '#machinery/codec/decode.ts';
import { gateIsOn } from '#machinery/gates.ts';
import type { LabelSelectorRequirement } from '#machinery/meta.ts';
import { quantityOf } from '#machinery/quantity.ts';
import type { AnyJson } from '#machinery/schema.ts';

export function preparePodCreate(pod: Pod, nowMs: number): void {
  const spec = pod.spec as PodSpec;
  preparePodSpec(spec);
  pod.metadata = { ...pod.metadata, generation: 1 };
  pod.status = { phase: 'Pending', qosClass: qosClassOf(spec) };
  if (spec.schedulingGates?.length) pod.status.conditions = [gatedCondition(nowMs)];
  if (spec.terminationGracePeriodSeconds !== undefined && spec.terminationGracePeriodSeconds < 0) {
    spec.terminationGracePeriodSeconds = 1;
  }
  mergeLabelKeys(pod);
  moveAppArmor(pod);
}

/** The scheduler leaves a gated Pod alone; this says why it waits. */
function gatedCondition(nowMs: number): AnyJson {
  return {
    type: 'PodScheduled',
    status: 'False',
    lastProbeTime: null,
    lastTransitionTime: rfc3339(nowMs),
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  };
}

/** Amounts are counted in thousandths; a lifecycle of which only a gated field was set is none. */
export function preparePodSpec(spec: PodSpec): void {
  for (const [container] of allContainers(spec, '')) {
    const { lifecycle, resources } = container as Container;
    if (lifecycle?.stopSignal !== undefined && !gateIsOn('ContainerStopSignals')) {
      delete lifecycle.stopSignal;
      if (!lifecycle.postStart && !lifecycle.preStop) delete container.lifecycle;
    }
    roundAmounts(resources?.limits);
    roundAmounts(resources?.requests);
  }
  roundAmounts(spec.resources?.limits);
  roundAmounts(spec.resources?.requests);
  roundAmounts(spec.overhead);
}

export function roundAmounts(amounts: Record<string, string> | undefined): void {
  for (const [name, amount] of Object.entries(amounts ?? {})) {
    const rounded = quantityOf(amount)?.roundUp(-3).toString();
    if (amounts && rounded !== undefined && rounded !== amount) amounts[name] = rounded;
  }
}

/** For a kind that makes Pods from a template. */
export function preparePodTemplate(template: PodTemplateSpec | undefined): void {
  if (template?.spec) preparePodSpec(template.spec);
}

/** "Like those with my own value of this label" becomes an expression that the scheduler can read without the Pod. */
function mergeLabelKeys(pod: Pod): void {
  const { affinity, topologySpreadConstraints = [] } = pod.spec as PodSpec;
  const labels = pod.metadata?.labels ?? {};
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    const terms: PodAffinityTerm[] = [
      ...(affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(term => term.podAffinityTerm),
    ];
    for (const term of terms) {
      addExpressions(term, term.matchLabelKeys, 'In', labels);
      addExpressions(term, term.mismatchLabelKeys, 'NotIn', labels);
    }
  }
  for (const constraint of topologySpreadConstraints)
    addExpressions(constraint, constraint.matchLabelKeys, 'In', labels);
}

function addExpressions(
  owner: Pick<PodAffinityTerm | TopologySpreadConstraint, 'labelSelector'>,
  keys: readonly string[] = [],
  operator: string,
  labels: Readonly<Record<string, string>>,
): void {
  if (!owner.labelSelector) return;
  const added: LabelSelectorRequirement[] = keys
    .filter(key => Object.hasOwn(labels, key))
    .map(key => ({ key, operator, values: [labels[key] as string] }));
  if (added.length === 0) return;
  const { matchExpressions = [] } = owner.labelSelector;
  owner.labelSelector = { ...owner.labelSelector, matchExpressions: [...matchExpressions, ...added] };
}

/** The annotation of old is read once, when the Pod is made. */
function moveAppArmor(pod: Pod): void {
  for (const [key, text] of Object.entries(pod.metadata?.annotations ?? {})) {
    if (!key.startsWith(appArmorPrefix)) continue;
    const profile = appArmorProfileOf(text);
    const found = allContainers(pod.spec as PodSpec, '').find(
      ([each]) => each.name === key.slice(appArmorPrefix.length),
    );
    if (!found || !profile || found[0].securityContext?.appArmorProfile) continue;
    found[0].securityContext = { ...found[0].securityContext, appArmorProfile: profile };
  }
}

/** Equal whatever the order of the keys: what admission added stands last until the object is put in order. */
export function canonicalSpec(spec: PodSpec): PodSpec {
  return canonical(PodSpecSchema, spec);
}
