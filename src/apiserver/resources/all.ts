/** The rules of every kind: the table of contents of `resources/`. A kind that is not here has the plain ones. */

import {
  mutatingAdmissionPolicyBindingStrategy,
  mutatingAdmissionPolicyStrategy,
  validatingAdmissionPolicyBindingStrategy,
  validatingAdmissionPolicyStrategy,
} from '#apiserver/resources/admissionregistration/policies.ts';
import {
  mutatingWebhookConfigurationStrategy,
  validatingWebhookConfigurationStrategy,
} from '#apiserver/resources/admissionregistration/webhooks.ts';
import { apiServiceStrategy } from '#apiserver/resources/apiregistration/api-service.ts';
import { controllerRevisionStrategy } from '#apiserver/resources/apps/controller-revision.ts';
import { daemonSetStrategy } from '#apiserver/resources/apps/daemon-set.ts';
import { deploymentStrategy } from '#apiserver/resources/apps/deployment.ts';
import { replicaSetStrategy } from '#apiserver/resources/apps/replica-set.ts';
import { statefulSetStrategy } from '#apiserver/resources/apps/stateful-set.ts';
import { horizontalPodAutoscalerStrategy } from '#apiserver/resources/autoscaling/horizontal-pod-autoscaler.ts';
import { cronJobStrategy } from '#apiserver/resources/batch/cron-job.ts';
import { jobStrategy } from '#apiserver/resources/batch/job.ts';
import { certificateSigningRequestStrategy } from '#apiserver/resources/certificates/certificate-signing-request.ts';
import { leaseStrategy } from '#apiserver/resources/coordination/lease.ts';
import { configMapStrategy } from '#apiserver/resources/core/config-map.ts';
import { endpointsStrategy } from '#apiserver/resources/core/endpoints.ts';
import { eventStrategy } from '#apiserver/resources/core/event.ts';
import { limitRangeStrategy } from '#apiserver/resources/core/limit-range.ts';
import { namespaceStrategy } from '#apiserver/resources/core/namespace.ts';
import { nodeStrategy } from '#apiserver/resources/core/node.ts';
import { persistentVolumeStrategy } from '#apiserver/resources/core/persistent-volume.ts';
import { persistentVolumeClaimStrategy } from '#apiserver/resources/core/persistent-volume-claim.ts';
import { podStrategy } from '#apiserver/resources/core/pod.ts';
import { podTemplateStrategy } from '#apiserver/resources/core/pod-template.ts';
import { replicationControllerStrategy } from '#apiserver/resources/core/replication-controller.ts';
import { resourceQuotaStrategy } from '#apiserver/resources/core/resource-quota.ts';
import { secretStrategy } from '#apiserver/resources/core/secret.ts';
import { serviceStrategy } from '#apiserver/resources/core/service.ts';
import { serviceAccountStrategy } from '#apiserver/resources/core/service-account.ts';
import { endpointSliceStrategy } from '#apiserver/resources/discovery/endpoint-slice.ts';
import { flowSchemaStrategy } from '#apiserver/resources/flowcontrol/flow-schema.ts';
import { priorityLevelConfigurationStrategy } from '#apiserver/resources/flowcontrol/priority-level.ts';
import { ingressStrategy } from '#apiserver/resources/networking/ingress.ts';
import { ingressClassStrategy } from '#apiserver/resources/networking/ingress-class.ts';
import { ipAddressStrategy } from '#apiserver/resources/networking/ip-address.ts';
import { networkPolicyStrategy } from '#apiserver/resources/networking/network-policy.ts';
import { serviceCidrStrategy } from '#apiserver/resources/networking/service-cidr.ts';
import { runtimeClassStrategy } from '#apiserver/resources/node/runtime-class.ts';
import { podDisruptionBudgetStrategy } from '#apiserver/resources/policy/pod-disruption-budget.ts';
import { clusterRoleBindingStrategy, roleBindingStrategy } from '#apiserver/resources/rbac/bindings.ts';
import { clusterRoleStrategy, roleStrategy } from '#apiserver/resources/rbac/roles.ts';
import {
  deviceClassStrategy,
  resourceClaimStrategy,
  resourceClaimTemplateStrategy,
  resourceSliceStrategy,
} from '#apiserver/resources/resource/resource-kinds.ts';
import { priorityClassStrategy } from '#apiserver/resources/scheduling/priority-class.ts';
import { csiDriverStrategy } from '#apiserver/resources/storage/csi-driver.ts';
import { csiNodeStrategy } from '#apiserver/resources/storage/csi-node.ts';
import { csiStorageCapacityStrategy } from '#apiserver/resources/storage/csi-storage-capacity.ts';
import { storageClassStrategy } from '#apiserver/resources/storage/storage-class.ts';
import { volumeAttachmentStrategy } from '#apiserver/resources/storage/volume-attachment.ts';
import { volumeAttributesClassStrategy } from '#apiserver/resources/storage/volume-attributes-class.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';

export const strategies: readonly Strategy[] = [
  mutatingAdmissionPolicyBindingStrategy,
  mutatingAdmissionPolicyStrategy,
  validatingAdmissionPolicyBindingStrategy,
  validatingAdmissionPolicyStrategy,
  mutatingWebhookConfigurationStrategy,
  validatingWebhookConfigurationStrategy,
  apiServiceStrategy,
  controllerRevisionStrategy,
  daemonSetStrategy,
  deploymentStrategy,
  replicaSetStrategy,
  statefulSetStrategy,
  horizontalPodAutoscalerStrategy,
  cronJobStrategy,
  jobStrategy,
  certificateSigningRequestStrategy,
  leaseStrategy,
  configMapStrategy,
  endpointsStrategy,
  eventStrategy,
  limitRangeStrategy,
  namespaceStrategy,
  nodeStrategy,
  persistentVolumeStrategy,
  persistentVolumeClaimStrategy,
  podStrategy,
  podTemplateStrategy,
  replicationControllerStrategy,
  resourceQuotaStrategy,
  secretStrategy,
  serviceStrategy,
  serviceAccountStrategy,
  endpointSliceStrategy,
  flowSchemaStrategy,
  priorityLevelConfigurationStrategy,
  ingressStrategy,
  ingressClassStrategy,
  ipAddressStrategy,
  networkPolicyStrategy,
  serviceCidrStrategy,
  runtimeClassStrategy,
  podDisruptionBudgetStrategy,
  clusterRoleBindingStrategy,
  roleBindingStrategy,
  clusterRoleStrategy,
  roleStrategy,
  deviceClassStrategy,
  resourceClaimStrategy,
  resourceClaimTemplateStrategy,
  resourceSliceStrategy,
  priorityClassStrategy,
  csiDriverStrategy,
  csiNodeStrategy,
  csiStorageCapacityStrategy,
  storageClassStrategy,
  volumeAttachmentStrategy,
  volumeAttributesClassStrategy,
];
