/** Every built-in plugin, in upstream's order: a plugin sees what those before it filled in. */

import { limitRanges } from '#api/core/limit-range.ts';
import { namespaces } from '#api/core/namespace.ts';
import { nodes } from '#api/core/node.ts';
import { persistentVolumes } from '#api/core/persistent-volume.ts';
import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import { pods } from '#api/core/pod.ts';
import { serviceAccounts } from '#api/core/service-account.ts';
import { ingressClasses } from '#api/networking/ingress-class.ts';
import { runtimeClasses } from '#api/node/runtime-class.ts';
import { priorityClasses } from '#api/scheduling/priority-class.ts';
import { csiDrivers } from '#api/storage/csi-driver.ts';
import { storageClasses } from '#api/storage/storage-class.ts';
import type { Admission } from '#apiserver/admission/admission.ts';
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
} from '#apiserver/admission/certificates.ts';
import { externalIps } from '#apiserver/admission/external-ips.ts';
import { defaultIngressClass } from '#apiserver/admission/ingress-class.ts';
import { limitRanger } from '#apiserver/admission/limits.ts';
import { namespaceLifecycle } from '#apiserver/admission/namespace-lifecycle.ts';
import { nodeRestriction } from '#apiserver/admission/node-restriction.ts';
import { podSecurity } from '#apiserver/admission/pod-security/pod-security.ts';
import { priorityAdmission } from '#apiserver/admission/priority.ts';
import { runtimeClassAdmission } from '#apiserver/admission/runtime-class.ts';
import { serviceAccountAdmission } from '#apiserver/admission/service-account.ts';
import {
  defaultStorageClass,
  persistentVolumeClaimResize,
  storageObjectInUseProtection,
} from '#apiserver/admission/storage.ts';
import { taintNodesByCondition } from '#apiserver/admission/taint-nodes.ts';
import { defaultTolerationSeconds } from '#apiserver/admission/tolerations.ts';
import type { Authorizer } from '#apiserver/authz/authorizer.ts';
import type { Bindings } from '#apiserver/authz/rbac/bindings.ts';
import { rbacEscalation } from '#apiserver/authz/rbac/escalation.ts';
import type { Objects } from '#apiserver/objects.ts';
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import type { Resource } from '#machinery/resource.ts';

export interface AdmissionDeps {
  /** The cached objects of a resource. */
  readonly objects: <T>(resource: Resource<T>) => Objects<T>;
  readonly authorizer: Authorizer;
  readonly bindings: Bindings;
  readonly clock: Clock;
  readonly random: Random;
}

/** Whose caches must be full before the first write is admitted. */
export const admissionResources: readonly Resource[] = [
  namespaces,
  limitRanges,
  nodes,
  persistentVolumes,
  persistentVolumeClaims,
  pods,
  serviceAccounts,
  ingressClasses,
  runtimeClasses,
  priorityClasses,
  csiDrivers,
  storageClasses,
];

export function builtInAdmission({ objects, authorizer, bindings, clock, random }: AdmissionDeps): Admission[] {
  const classes = objects(storageClasses);
  return [
    namespaceLifecycle(objects(namespaces)),
    limitRanger(objects(limitRanges)),
    serviceAccountAdmission({ serviceAccounts: objects(serviceAccounts), clock, random }),
    nodeRestriction({
      pods: objects(pods),
      nodes: objects(nodes),
      claims: objects(persistentVolumeClaims),
      volumes: objects(persistentVolumes),
      csiDrivers: objects(csiDrivers),
      authorizer,
    }),
    taintNodesByCondition,
    podSecurity({ namespaces: objects(namespaces), pods: objects(pods) }),
    priorityAdmission(objects(priorityClasses)),
    defaultTolerationSeconds,
    storageObjectInUseProtection,
    persistentVolumeClaimResize(classes),
    runtimeClassAdmission(objects(runtimeClasses)),
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    certificateSubjectRestriction,
    defaultIngressClass(objects(ingressClasses)),
    defaultStorageClass(classes),
    externalIps(authorizer),
    rbacEscalation(bindings, authorizer),
  ];
}
