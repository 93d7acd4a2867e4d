/** What may change in a Pod once it exists: images, deadlines, gates that open, tolerations that are added. */

import { isDeepStrictEqual } from 'node:util';
import type { Container } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import { PodSpec } from '#api/core/pod-spec.ts';
import type { Toleration } from '#api/core/scheduling.ts';
import { NodeSelectorTerm } from '#api/core/scheduling.ts';
import { inspectTolerations } from '#apiserver/resources/core/pod-scheduling.ts';
import { inspectPod, mirrorAnnotation } from '#apiserver/resources/core/pod-validation.ts';
import { internalDiff, internalJson } from '#apiserver/resources/internal-form.ts';
import { metadataAgain } from '#apiserver/resources/messages.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { list } from '#machinery/schema.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { forbidden, invalid, invalidShown, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { rangeProblem } from '#machinery/validation/names.ts';

const updatable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
];

export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [...metadataAgain(pod.metadata, true)];
  inspectPod(pod, errors, old.spec);
  inspectMirror(pod, old, errors);
  const spec = pod.spec as PodSpec;
  const before = old.spec as PodSpec;
  const updatedKinds = ['containers', 'initContainers'] as const;
  for (const kind of updatedKinds) {
    if (!inspectContainerUpdates(spec[kind] ?? [], before[kind] ?? [], `spec.${kind}`, errors)) return errors;
  }
  if (!inspectDeadline(spec, before, errors)) return errors;
  inspectAddedTolerations(spec.tolerations ?? [], before.tolerations ?? [], 'spec.tolerations', errors);
  inspectOpenedGates(spec, before, 'spec.schedulingGates', errors);
  if (isDeepStrictEqual(spec, before)) return errors;
  const munged = withoutUpdates(spec, before);
  if (before.schedulingGates?.length) inspectGated(spec, before, munged, errors);
  if (!isDeepStrictEqual(munged, before)) {
    const diff = internalDiff(PodSpec, before, munged);
    errors.push(forbidden('spec', `pod updates may not change fields other than ${updatable.join(',')}\n${diff}`));
  }
  return errors;
}

/** A Pod that a kubelet runs from a file stays one. */
function inspectMirror(pod: Pod, old: Pod, errors: FieldError[]): void {
  const now = pod.metadata?.annotations?.[mirrorAnnotation];
  const then = old.metadata?.annotations?.[mirrorAnnotation];
  if (now === then) return;
  const path = `metadata.annotations[${mirrorAnnotation}]`;
  if (then === undefined) errors.push(forbidden(path, 'may not add mirror pod annotation'));
  else if (now === undefined) errors.push(forbidden(path, 'may not remove mirror pod annotation'));
  else errors.push(forbidden(path, 'may not update mirror pod annotation'));
}

/** Whether the lists are alike enough to look further. */
function inspectContainerUpdates(
  containers: readonly Container[],
  before: readonly Container[],
  path: FieldPath,
  errors: FieldError[],
): boolean {
  if (containers.length === before.length) {
    containers.forEach((container, i) => {
      if (!container.image) errors.push(required(`${path}[${i}].image`));
    });
    return true;
  }
  errors.push(forbidden(path, 'pod updates may not add or remove containers'));
  return false;
}

const secondsMax = 2 ** 31 - 1;

/** A deadline may be set, or come nearer. */
function inspectDeadline(spec: PodSpec, before: PodSpec, errors: FieldError[]): boolean {
  const path = 'spec.activeDeadlineSeconds';
  const now = spec.activeDeadlineSeconds;
  const then = before.activeDeadlineSeconds;
  if (now === undefined) {
    if (then !== undefined) errors.push(invalid(path, now, 'must not update from a positive integer to nil value'));
    return true;
  }
  if (now < 0 || now > secondsMax) {
    errors.push(invalid(path, now, rangeProblem(0, secondsMax)));
    return false;
  }
  if (then === undefined || then >= now) return true;
  errors.push(invalid(path, now, 'must be less than or equal to previous value'));
  return false;
}

function inspectAddedTolerations(
  tolerations: readonly Toleration[],
  before: readonly Toleration[],
  path: FieldPath,
  errors: FieldError[],
): void {
  const untimed = (each: Toleration) => JSON.stringify({ ...each, tolerationSeconds: undefined });
  const kept = new Set(tolerations.map(untimed));
  if (!before.every(old => kept.has(untimed(old)))) {
    errors.push(forbidden(path, 'existing toleration can not be modified except its tolerationSeconds'));
    return;
  }
  inspectTolerations(tolerations, path, errors);
}

function inspectOpenedGates(spec: PodSpec, before: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const known = new Set((before.schedulingGates ?? []).map(gate => gate.name));
  (spec.schedulingGates ?? []).forEach(({ name }, i) => {
    if (known.has(name)) return;
    errors.push(forbidden(`${path}[${i}].name`, `only deletion is allowed, but found new scheduling gate '${name}'`));
  });
}

/** The spec with everything that may change as it was. */
function withoutUpdates(spec: PodSpec, before: PodSpec): PodSpec {
  const munged: AnyJson = structuredClone(spec);
  for (const kind of ['containers', 'initContainers'] as const) {
    (munged[kind] ?? []).forEach((container: Container, i: number) => {
      restore(container, 'image', before[kind]?.[i]?.image);
    });
  }
  restore(munged, 'activeDeadlineSeconds', before.activeDeadlineSeconds);
  restore(munged, 'tolerations', before.tolerations);
  restore(munged, 'schedulingGates', before.schedulingGates);
  const grace = before.terminationGracePeriodSeconds;
  if (grace !== undefined && grace < 0 && spec.terminationGracePeriodSeconds === 1) {
    munged.terminationGracePeriodSeconds = grace;
  }
  return munged;
}

function restore(target: AnyJson, name: string, value: unknown): void {
  if (value === undefined) delete target[name];
  else target[name] = value;
}

/** While a Pod is held back, where it may run can still be narrowed. */
function inspectGated(spec: PodSpec, before: PodSpec, munged: PodSpec, errors: FieldError[]): void {
  if (!isDeepStrictEqual(spec.nodeSelector, before.nodeSelector)) {
    const isWider = Object.entries(before.nodeSelector ?? {}).some(
      ([key, value]) => spec.nodeSelector?.[key] !== value,
    );
    if (isWider) {
      const problem = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
      errors.push(invalid('spec.nodeSelector', spec.nodeSelector, problem));
    }
    restore(munged, 'nodeSelector', before.nodeSelector);
  }
  if (!isDeepStrictEqual(spec.affinity?.nodeAffinity, before.affinity?.nodeAffinity)) {
    inspectNarrowedAffinity(spec, before, errors);
    const affinity: AnyJson = { ...munged.affinity };
    restore(affinity, 'nodeAffinity', before.affinity?.nodeAffinity);
    restore(
      munged,
      'affinity',
      before.affinity === undefined && Object.keys(affinity).length === 0 ? undefined : affinity,
    );
  }
}

function inspectNarrowedAffinity(spec: PodSpec, before: PodSpec, errors: FieldError[]): void {
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution';
  const then = before.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (then === undefined) return;
  const now = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const at = `${path}.nodeSelectorTerms`;
  if (!now || (then.length > 0 && then.length !== now.length)) {
    const shown = internalJson(list(NodeSelectorTerm), now);
    errors.push(invalidShown(at, shown, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed'));
    return;
  }
  then.forEach((term, i) => {
    if (isNarrowed(now[i] as NodeSelectorTerm, term)) return;
    const problem = 'only additions are allowed (no mutations or deletions)';
    errors.push(invalidShown(`${at}[${i}]`, internalJson(NodeSelectorTerm, now[i]), problem));
  });
}

function isNarrowed(term: NodeSelectorTerm, before: NodeSelectorTerm): boolean {
  const wasEmpty = !before.matchExpressions?.length && !before.matchFields?.length;
  // A term of nothing selects nothing: adding to it would widen it.
  if (wasEmpty) return isDeepStrictEqual(term, before);
  const keeps = (name: 'matchExpressions' | 'matchFields'): boolean =>
    (before[name] ?? []).every((old, i) => isDeepStrictEqual(term[name]?.[i], old));
  return keeps('matchExpressions') && keeps('matchFields');
}
