/** Every resource of the stable API, in the order of its groups: the table of contents of `api/`. */

import { mutatingAdmissionPolicies } from '#api/admissionregistration/mutating-admission-policy.ts';
import { mutatingAdmissionPolicyBindings } from '#api/admissionregistration/mutating-admission-policy-binding.ts';
import { mutatingWebhookConfigurations } from '#api/admissionregistration/mutating-webhook-configuration.ts';
import { validatingAdmissionPolicies } from '#api/admissionregistration/validating-admission-policy.ts';
import { validatingAdmissionPolicyBindings } from '#api/admissionregistration/validating-admission-policy-binding.ts';
import { validatingWebhookConfigurations } from '#api/admissionregistration/validating-webhook-configuration.ts';
import { customResourceDefinitions } from '#api/apiextensions/custom-resource-definition.ts';
import { apiServices } from '#api/apiregistration/api-service.ts';
import { controllerRevisions } from '#api/apps/controller-revision.ts';
import { daemonSets } from '#api/apps/daemon-set.ts';
import { deployments } from '#api/apps/deployment.ts';
import { replicaSets } from '#api/apps/replica-set.ts';
import { statefulSets } from '#api/apps/stateful-set.ts';
import { selfSubjectReviews } from '#api/authentication/self-subject-review.ts';
import { tokenReviews } from '#api/authentication/token-review.ts';
import { localSubjectAccessReviews } from '#api/authorization/local-subject-access-review.ts';
import { selfSubjectAccessReviews } from '#api/authorization/self-subject-access-review.ts';
import { selfSubjectRulesReviews } from '#api/authorization/self-subject-rules-review.ts';
import { subjectAccessReviews } from '#api/authorization/subject-access-review.ts';
import { horizontalPodAutoscalersV1 } from '#api/autoscaling/horizontal-pod-autoscaler-v1.ts';
import { horizontalPodAutoscalers } from '#api/autoscaling/horizontal-pod-autoscaler-v2.ts';
import { cronJobs } from '#api/batch/cron-job.ts';
import { jobs } from '#api/batch/job.ts';
import { certificateSigningRequests } from '#api/certificates/certificate-signing-request.ts';
import { leases } from '#api/coordination/lease.ts';
import { bindings } from '#api/core/binding.ts';
import { componentStatuses } from '#api/core/component-status.ts';
import { configMaps } from '#api/core/config-map.ts';
import { endpoints } from '#api/core/endpoints.ts';
import { events } from '#api/core/event.ts';
import { limitRanges } from '#api/core/limit-range.ts';
import { namespaces } from '#api/core/namespace.ts';
import { nodes } from '#api/core/node.ts';
import { persistentVolumes } from '#api/core/persistent-volume.ts';
import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import { pods } from '#api/core/pod.ts';
import { podTemplates } from '#api/core/pod-template.ts';
import { replicationControllers } from '#api/core/replication-controller.ts';
import { resourceQuotas } from '#api/core/resource-quota.ts';
import { secrets } from '#api/core/secret.ts';
import { services } from '#api/core/service.ts';
import { serviceAccounts } from '#api/core/service-account.ts';
import { endpointSlices } from '#api/discovery/endpoint-slice.ts';
import { eventsEvents } from '#api/events/event.ts';
import { flowSchemas } from '#api/flowcontrol/flow-schema.ts';
import { priorityLevelConfigurations } from '#api/flowcontrol/priority-level-configuration.ts';
import { ingresses } from '#api/networking/ingress.ts';
import { ingressClasses } from '#api/networking/ingress-class.ts';
import { ipAddresses } from '#api/networking/ip-address.ts';
import { networkPolicies } from '#api/networking/network-policy.ts';
import { serviceCIDRs } from '#api/networking/service-cidr.ts';
import { runtimeClasses } from '#api/node/runtime-class.ts';
import { podDisruptionBudgets } from '#api/policy/pod-disruption-budget.ts';
import { clusterRoles } from '#api/rbac/cluster-role.ts';
import { clusterRoleBindings } from '#api/rbac/cluster-role-binding.ts';
import { roles } from '#api/rbac/role.ts';
import { roleBindings } from '#api/rbac/role-binding.ts';
import { deviceClasses } from '#api/resource/device-class.ts';
import { resourceClaims } from '#api/resource/resource-claim.ts';
import { resourceClaimTemplates } from '#api/resource/resource-claim-template.ts';
import { resourceSlices } from '#api/resource/resource-slice.ts';
import { priorityClasses } from '#api/scheduling/priority-class.ts';
import { csiDrivers } from '#api/storage/csi-driver.ts';
import { csiNodes } from '#api/storage/csi-node.ts';
import { csiStorageCapacities } from '#api/storage/csi-storage-capacity.ts';
import { storageClasses } from '#api/storage/storage-class.ts';
import { volumeAttachments } from '#api/storage/volume-attachment.ts';
import { volumeAttributesClasses } from '#api/storage/volume-attributes-class.ts';
import type { Resource } from '#machinery/resource.ts';

export const allResources: readonly Resource[] = [
  bindings,
  componentStatuses,
  configMaps,
  endpoints,
  events,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  podTemplates,
  replicationControllers,
  resourceQuotas,
  secrets,
  serviceAccounts,
  services,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  mutatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
  customResourceDefinitions,
  apiServices,
  controllerRevisions,
  daemonSets,
  deployments,
  replicaSets,
  statefulSets,
  selfSubjectReviews,
  tokenReviews,
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
  horizontalPodAutoscalersV1,
  horizontalPodAutoscalers,
  cronJobs,
  jobs,
  certificateSigningRequests,
  leases,
  endpointSlices,
  eventsEvents,
  flowSchemas,
  priorityLevelConfigurations,
  ingressClasses,
  ingresses,
  ipAddresses,
  networkPolicies,
  serviceCIDRs,
  runtimeClasses,
  podDisruptionBudgets,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
  deviceClasses,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
  priorityClasses,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  storageClasses,
  volumeAttachments,
  volumeAttributesClasses,
];
