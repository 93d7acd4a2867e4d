/** The spec of a Pod, or of a template of Pods: everything beneath `spec`, in the order of upstream's errors. */

import type { PodResourceClaim, PodSpec } from '#api/core/pod-spec.ts';
import { PodResourceClaim as PodResourceClaimSchema } from '#api/core/pod-spec.ts';
import type { PodSurroundings } from '#apiserver/resources/core/pod-containers.ts';
import {
  inspectContainers,
  inspectEphemeralContainers,
  inspectInitContainers,
} from '#apiserver/resources/core/pod-containers.ts';
import {
  inspectDns,
  inspectHostAliases,
  inspectHostNetworkPorts,
  inspectHostnameOverride,
} from '#apiserver/resources/core/pod-network.ts';
import { inspectOverhead, inspectPodResources } from '#apiserver/resources/core/pod-resources.ts';
import {
  inspectAffinity,
  inspectNames,
  inspectSpread,
  inspectTolerations,
} from '#apiserver/resources/core/pod-scheduling.ts';
import { inspectPodSecurityContext } from '#apiserver/resources/core/pod-security.ts';
import { inspectHostProcess, inspectHostUsers, inspectSystem } from '#apiserver/resources/core/pod-system.ts';
import type { VolumeOwner } from '#apiserver/resources/core/pod-volumes.ts';
import { inspectVolumes } from '#apiserver/resources/core/pod-volumes.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { addProblems } from '#apiserver/resources/messages.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { duplicate, invalid, invalidShown, notSupported, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import {
  checkDns1123Label,
  checkQualifiedName,
  nameIsDnsSubdomain,
  rangeProblem,
} from '#machinery/validation/names.ts';
import { validateLabels } from '#machinery/validation/object-meta.ts';

const restartPolicies = ['Always', 'OnFailure', 'Never'];
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const preemptionPolicies = ['Never', 'PreemptLowerPriority'];
const secondsMax = 2 ** 31 - 1;

export function inspectPodSpec(spec: PodSpec, owner: VolumeOwner, path: FieldPath, errors: FieldError[]): void {
  inspectContents(spec, owner, path, errors);
  inspectPolicies(spec, owner.before, path, errors);
  inspectPlacement(spec, path, errors);
  inspectNamesAndLimits(spec, path, errors);
  inspectSystem(spec, path, errors);
}

function inspectContents(spec: PodSpec, owner: VolumeOwner, path: FieldPath, errors: FieldError[]): void {
  const volumes = inspectVolumes(spec.volumes ?? [], owner, `${path}.volumes`, errors);
  const claims = spec.resourceClaims ?? [];
  inspectResourceClaims(claims, owner.metadata, `${path}.resourceClaims`, errors);
  const pod: PodSurroundings = {
    volumes,
    claimNames: new Set(claims.map(claim => claim.name).filter(name => name !== '')),
    graceSeconds: spec.terminationGracePeriodSeconds ?? 0,
    restartPolicy: spec.restartPolicy,
    hostUsers: spec.hostUsers ?? true,
  };
  const { containers = [], initContainers = [], ephemeralContainers = [] } = spec;
  inspectContainers(containers ?? [], pod, `${path}.containers`, errors);
  inspectInitContainers(initContainers, containers ?? [], pod, `${path}.initContainers`, errors);
  const others = [...(containers ?? []), ...initContainers];
  inspectEphemeralContainers(ephemeralContainers, others, pod, `${path}.ephemeralContainers`, errors);
  inspectPodResources(spec, `${path}.resources`, errors);
}

function inspectPolicies(spec: PodSpec, before: PodSpec | undefined, path: FieldPath, errors: FieldError[]): void {
  inspectHostNetworkPorts(spec, path, errors);
  inspectChoice(spec.restartPolicy, restartPolicies, `${path}.restartPolicy`, errors);
  inspectChoice(spec.dnsPolicy, dnsPolicies, `${path}.dnsPolicy`, errors);
  errors.push(...validateLabels(spec.nodeSelector ?? {}, `${path}.nodeSelector`));
  if (!spec.securityContext) return;
  inspectPodSecurityContext(spec.securityContext, spec, before, `${path}.securityContext`, errors);
}

function inspectPlacement(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  if (spec.affinity) inspectAffinity(spec.affinity, `${path}.affinity`, errors);
  inspectDns(spec, `${path}.dnsConfig`, errors);
  const gates = (spec.readinessGates ?? []).map(gate => gate.conditionType);
  inspectNames(gates, i => `${path}.readinessGates[${i}].conditionType`, errors);
  inspectSchedulingGates(spec, `${path}.schedulingGates`, errors);
  inspectSpread(spec.topologySpreadConstraints ?? [], `${path}.topologySpreadConstraints`, errors);
  inspectHostProcess(spec, path, errors);
  inspectHostUsers(spec, path, errors);
}

function inspectNamesAndLimits(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  inspectName(spec.serviceAccountName, nameIsDnsSubdomain, `${path}.serviceAccountName`, errors);
  inspectName(spec.nodeName, nameIsDnsSubdomain, `${path}.nodeName`, errors);
  const seconds = spec.activeDeadlineSeconds;
  if (seconds !== undefined && (seconds < 1 || seconds > secondsMax)) {
    errors.push(invalid(`${path}.activeDeadlineSeconds`, seconds, rangeProblem(1, secondsMax)));
  }
  inspectName(spec.hostname, checkDns1123Label, `${path}.hostname`, errors);
  inspectName(spec.subdomain, checkDns1123Label, `${path}.subdomain`, errors);
  inspectTolerations(spec.tolerations ?? [], `${path}.tolerations`, errors);
  inspectHostAliases(spec.hostAliases ?? [], `${path}.hostAliases`, errors);
  inspectName(spec.priorityClassName, nameIsDnsSubdomain, `${path}.priorityClassName`, errors);
  if (spec.runtimeClassName !== undefined) {
    addProblems(errors, `${path}.runtimeClassName`, spec.runtimeClassName, nameIsDnsSubdomain(spec.runtimeClassName));
  }
  if (spec.preemptionPolicy !== undefined) {
    inspectChoice(spec.preemptionPolicy, preemptionPolicies, `${path}.preemptionPolicy`, errors);
  }
  if (spec.overhead) inspectOverhead(spec.overhead, `${path}.overhead`, errors);
  inspectHostnameOverride(spec, path, errors);
}

function inspectChoice(
  value: string | undefined,
  allowed: readonly string[],
  path: FieldPath,
  errors: FieldError[],
): void {
  if (!value) errors.push(required(path));
  else if (!allowed.includes(value)) errors.push(notSupported(path, value, allowed));
}

function inspectName(
  name: string | undefined,
  problemsOf: (name: string) => readonly string[],
  path: FieldPath,
  errors: FieldError[],
): void {
  if (name) addProblems(errors, path, name, problemsOf(name));
}

function inspectSchedulingGates(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const seen = new Set<string>();
  (spec.schedulingGates ?? []).forEach(({ name }, i) => {
    addProblems(errors, `${path}[${i}]`, name, checkQualifiedName(name));
    if (seen.has(name)) errors.push(duplicate(`${path}[${i}]`, name));
    seen.add(name);
  });
}

function inspectResourceClaims(
  claims: readonly PodResourceClaim[],
  metadata: ObjectMeta | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  const names = new Set<string>();
  claims.forEach((claim, i) => {
    const at = `${path}[${i}]`;
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    if (name === '') errors.push(required(`${at}.name`));
    else if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    else {
      const problems = checkDns1123Label(name);
      addProblems(errors, `${at}.name`, name, problems);
      if (problems.length === 0 && metadata?.name && resourceClaimTemplateName !== undefined) {
        const claimName = `${metadata.name}-${name}`;
        addProblems(errors, `${at}.name`, claimName, nameIsDnsSubdomain(claimName));
      }
      names.add(name);
    }
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      const problem = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
      errors.push(invalidShown(at, internalJson(PodResourceClaimSchema, claim), problem));
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      const problem = 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`';
      errors.push(invalidShown(at, internalJson(PodResourceClaimSchema, claim), problem));
    }
    for (const kind of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
      const target = claim[kind];
      if (target !== undefined) addProblems(errors, `${at}.${kind}`, target, nameIsDnsSubdomain(target));
    }
  });
}
