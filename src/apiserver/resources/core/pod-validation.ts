/** A Pod as a whole, and a template of Pods. */

import type { Pod } from '#api/core/pod.ts';
import type { PodSpec, PodTemplateSpec } from '#api/core/pod-spec.ts';
import { inspectImageSpaces } from '#apiserver/resources/core/pod-containers.ts';
import { inspectTolerations } from '#apiserver/resources/core/pod-scheduling.ts';
import { inspectPodSpec } from '#apiserver/resources/core/pod-spec-validation.ts';
import { allContainers } from '#apiserver/resources/core/pod-system.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { forbidden, invalid, quote } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { validateAnnotations, validateLabels } from '#machinery/validation/object-meta.ts';

export const mirrorAnnotation = 'kubernetes.io/config.mirror';
export const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
export const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

export function validatePodCreate(pod: Pod): FieldError[] {
  const errors: FieldError[] = [];
  inspectPod(pod, errors);
  const spec = pod.spec as PodSpec;
  if (spec.ephemeralContainers?.length) {
    errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (spec.nodeName && spec.schedulingGates?.length) {
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  inspectAppArmorAgreement(pod, errors);
  return errors;
}

/** All of a Pod but its metadata, which is held against its rules before. */
export function inspectPod(pod: Pod, errors: FieldError[], before?: PodSpec): void {
  const spec = pod.spec as PodSpec;
  inspectPodAnnotations(pod.metadata?.annotations ?? {}, spec, 'metadata.annotations', errors);
  inspectPodSpec(spec, { metadata: pod.metadata, isPod: true, before }, 'spec', errors);
  if (!spec.serviceAccountName) inspectNoTokens(spec, errors);
  for (const kind of ['containers', 'initContainers'] as const) {
    (spec[kind] ?? []).forEach((container, i) => {
      inspectImageSpaces(container, `spec.${kind}[${i}]`, errors);
    });
  }
}

function inspectNoTokens(spec: PodSpec, errors: FieldError[]): void {
  (spec.volumes ?? []).forEach((volume, i) => {
    (volume.projected?.sources ?? []).forEach((source, j) => {
      if (!source.serviceAccountToken) return;
      const path = `spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`;
      errors.push(forbidden(path, 'must not be specified when serviceAccountName is not set'));
    });
  });
}

export function inspectPodTemplate(template: PodTemplateSpec, path: FieldPath, errors: FieldError[]): void {
  const { labels = {}, annotations = {} } = template.metadata ?? {};
  const spec = template.spec as PodSpec;
  errors.push(...validateLabels(labels, `${path}.labels`));
  errors.push(...validateAnnotations(annotations, `${path}.annotations`));
  inspectPodAnnotations(annotations, spec, `${path}.annotations`, errors);
  inspectPodSpec(spec, { metadata: undefined, isPod: false }, `${path}.spec`, errors);
  if (spec.ephemeralContainers?.length) {
    errors.push(forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
  }
}

/** Annotations that mean something to the server. */
function inspectPodAnnotations(
  annotations: Readonly<Record<string, string>>,
  spec: PodSpec,
  path: FieldPath,
  errors: FieldError[],
): void {
  const mirror = annotations[mirrorAnnotation];
  if (mirror !== undefined && !spec.nodeName) {
    const problem = 'must set spec.nodeName if mirror pod annotation is set';
    errors.push(invalid(`${path}[${mirrorAnnotation}]`, mirror, problem));
  }
  inspectOldTolerations(annotations['scheduler.alpha.kubernetes.io/tolerations'], path, errors);
  const cost = annotations[deletionCostAnnotation];
  if (cost !== undefined && !isInt32(cost)) {
    errors.push(invalid(`${path}[${deletionCostAnnotation}]`, cost, 'must be a 32bit integer'));
  }
  for (const [key, profile] of Object.entries(annotations)) {
    if (key.startsWith(appArmorPrefix)) inspectAppArmorAnnotation(key, profile, spec, `${path}[${key}]`, errors);
  }
}

function inspectOldTolerations(text: string | undefined, path: FieldPath, errors: FieldError[]): void {
  if (!text) return;
  const at = `${path}.scheduler.alpha.kubernetes.io/tolerations`;
  try {
    inspectTolerations(JSON.parse(text), at, errors);
  } catch (error) {
    errors.push(invalid(at, text, String((error as Error).message)));
  }
}

/** Written the way Go writes it, so that every reader sees the same number. */
function isInt32(text: string): boolean {
  const value = Number(text);
  return /^(0|-?[1-9]\d*)$/.test(text) && value >= -(2 ** 31) && value < 2 ** 31;
}

function inspectAppArmorAnnotation(
  key: string,
  profile: string,
  spec: PodSpec,
  path: FieldPath,
  errors: FieldError[],
): void {
  const name = key.slice(appArmorPrefix.length);
  if (!allContainers(spec, '').some(([container]) => container.name === name)) {
    errors.push(invalid(path, name, 'container not found'));
  }
  const isKnown = ['', 'runtime/default', 'unconfined'].includes(profile) || profile.startsWith('localhost/');
  if (!isKnown) errors.push(invalid(path, profile, `invalid AppArmor profile name: ${quote(profile)}`));
}

/** Where both the old annotation and the field are set, they say the same. */
function inspectAppArmorAgreement(pod: Pod, errors: FieldError[]): void {
  for (const [container, path] of allContainers(pod.spec as PodSpec, 'spec')) {
    const annotated = pod.metadata?.annotations?.[appArmorPrefix + container.name];
    const profile = container.securityContext?.appArmorProfile;
    if (annotated === undefined || !profile) continue;
    const stated = appArmorProfileOf(annotated);
    if (stated?.type === profile.type && stated?.localhostProfile === profile.localhostProfile) continue;
    const problem = 'apparmor type in annotation and field must match';
    errors.push(forbidden(`${path}.securityContext.appArmorProfile.type`, problem));
  }
}

/** What the old annotation means as a field. */
export function appArmorProfileOf(text: string): { type: string; localhostProfile?: string } | undefined {
  if (text === 'runtime/default') return { type: 'RuntimeDefault' };
  if (text === 'unconfined') return { type: 'Unconfined' };
  if (!text.startsWith('localhost/') || text === 'localhost/') return undefined;
  return { type: 'Localhost', localhostProfile: text.slice('localhost/'.length) };
}
