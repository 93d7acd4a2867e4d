/**
 * Names of Go's types that a definition has no use for, but the decoder's messages show: `cannot unmarshal number into Go
 * struct field PodSpec.spec.dnsPolicy of type v1.DNSPolicy`.
 */

import type { FieldNumber } from '#machinery/schema.ts';

/** By Go type, the fields (`Struct.field`) that are of it: texts, items of lists, or a whole map or list. */
const fieldsByType: Readonly<Record<string, readonly string[]>> = {
  'map[v1.QualifiedName]resource.Quantity': ['CapacityRequirements.requests'],
  'map[v1.QualifiedName]v1.DeviceAttribute': ['Device.attributes'],
  'map[v1.QualifiedName]v1.DeviceCapacity': ['Device.capacity'],
  'types.UID': ['ObjectReference.uid', 'OwnerReference.uid', 'ObjectMeta.uid', 'Preconditions.uid'],
  'v1.APIServiceConditionType': ['APIServiceCondition.type'],
  'v1.AddressType': ['EndpointSlice.addressType'],
  'v1.AllocationConfigSource': ['DeviceAllocationConfiguration.source'],
  'v1.AppArmorProfileType': ['AppArmorProfile.type'],
  'v1.AzureDataDiskCachingMode': ['AzureDiskVolumeSource.cachingMode'],
  'v1.AzureDataDiskKind': ['AzureDiskVolumeSource.kind'],
  'v1.Capability': ['Capabilities.add', 'Capabilities.drop'],
  'v1.CauseType': ['StatusCause.reason'],
  'v1.ClaimResourceStatus': [''],
  'v1.CompletionMode': ['JobSpec.completionMode'],
  'v1.ComponentConditionType': ['ComponentCondition.type'],
  'v1.ConcurrencyPolicy': ['CronJobSpec.concurrencyPolicy'],
  'v1.ConditionStatus': [
    'CustomResourceDefinitionCondition.status',
    'APIServiceCondition.status',
    'PersistentVolumeClaimCondition.status',
    'PodCondition.status',
    'ReplicationControllerCondition.status',
    'NodeCondition.status',
    'NamespaceCondition.status',
    'ComponentCondition.status',
    'FlowSchemaCondition.status',
    'PriorityLevelConfigurationCondition.status',
    'TableRowCondition.status',
    'Condition.status',
    'PodFailurePolicyOnPodConditionsPattern.status',
  ],
  'v1.ContainerRestartPolicy': ['Container.restartPolicy', 'EphemeralContainerCommon.restartPolicy'],
  'v1.ContainerRestartRuleAction': ['ContainerRestartRule.action'],
  'v1.ContainerRestartRuleOnExitCodesOperator': ['ContainerRestartRuleOnExitCodes.operator'],
  'v1.ConversionStrategyType': ['CustomResourceConversion.strategy'],
  'v1.CoordinatedLeaseStrategy': ['LeaseSpec.strategy'],
  'v1.CustomResourceDefinitionConditionType': ['CustomResourceDefinitionCondition.type'],
  'v1.DNSPolicy': ['PodSpec.dnsPolicy'],
  'v1.DaemonSetUpdateStrategyType': ['DaemonSetUpdateStrategy.type'],
  'v1.DeletionPropagation': ['DeleteOptions.propagationPolicy'],
  'v1.DeploymentConditionType': ['DeploymentCondition.type'],
  'v1.DeploymentStrategyType': ['DeploymentStrategy.type'],
  'v1.DeviceAllocationMode': ['DeviceSubRequest.allocationMode', 'ExactDeviceRequest.allocationMode'],
  'v1.DeviceTaintEffect': ['DeviceTaint.effect', 'DeviceToleration.effect'],
  'v1.DeviceTolerationOperator': ['DeviceToleration.operator'],
  'v1.ExampleState': ['ExampleStatus.state'],
  'v1.ExtraValue': ['CertificateSigningRequestSpec.extra', 'SubjectAccessReviewSpec.extra', 'UserInfo.extra'],
  'v1.FSGroupPolicy': ['CSIDriverSpec.fsGroupPolicy'],
  'v1.FailurePolicyType': [
    'ValidatingAdmissionPolicySpec.failurePolicy',
    'ValidatingWebhook.failurePolicy',
    'MutatingWebhook.failurePolicy',
    'MutatingAdmissionPolicySpec.failurePolicy',
  ],
  'v1.FieldSelectorOperator': ['FieldSelectorRequirement.operator'],
  'v1.FieldValueErrorReason': ['ValidationRule.reason'],
  'v1.FinalizerName': ['NamespaceSpec.finalizers'],
  'v1.FlowDistinguisherMethodType': ['FlowDistinguisherMethod.type'],
  'v1.FullyQualifiedName': ['DeviceConstraint.matchAttribute', 'DeviceConstraint.distinctAttribute'],
  'v1.HostPathType': ['HostPathVolumeSource.type'],
  'v1.IPFamily': ['ServiceSpec.ipFamilies'],
  'v1.IPFamilyPolicy': ['ServiceSpec.ipFamilyPolicy'],
  'v1.IncludeObjectPolicy': ['TableOptions.includeObject'],
  'v1.JobConditionType': ['JobCondition.type'],
  'v1.KeyUsage': ['CertificateSigningRequestSpec.usages'],
  'v1.LabelSelectorOperator': ['LabelSelectorRequirement.operator'],
  'v1.LimitResponseType': ['LimitResponse.type'],
  'v1.LimitType': ['LimitRangeItem.type'],
  'v1.LoadBalancerIPMode': ['LoadBalancerIngress.ipMode'],
  'v1.ManagedFieldsOperationType': ['ManagedFieldsEntry.operation'],
  'v1.MatchPolicyType': ['MatchResources.matchPolicy', 'ValidatingWebhook.matchPolicy', 'MutatingWebhook.matchPolicy'],
  'v1.MountPropagationMode': ['VolumeMount.mountPropagation'],
  'v1.NamespaceConditionType': ['NamespaceCondition.type'],
  'v1.NamespacePhase': ['NamespaceStatus.phase'],
  'v1.NodeAddressType': ['NodeAddress.type'],
  'v1.NodeConditionType': ['NodeCondition.type'],
  'v1.NodeInclusionPolicy': [
    'TopologySpreadConstraint.nodeAffinityPolicy',
    'TopologySpreadConstraint.nodeTaintsPolicy',
  ],
  'v1.NodePhase': ['NodeStatus.phase'],
  'v1.NodeSelectorOperator': ['NodeSelectorRequirement.operator'],
  'v1.OSName': ['PodOS.name'],
  'v1.OperationType': ['RuleWithOperations.operations', 'NamedRuleWithOperations.operations'],
  'v1.ParameterNotFoundActionType': ['ParamRef.parameterNotFoundAction'],
  'v1.PatchType': ['Mutation.patchType'],
  'v1.PathType': ['HTTPIngressPath.pathType'],
  'v1.PersistentVolumeAccessMode': [
    'PersistentVolumeSpec.accessModes',
    'PersistentVolumeClaimSpec.accessModes',
    'PersistentVolumeClaimStatus.accessModes',
  ],
  'v1.PersistentVolumeClaimConditionType': ['PersistentVolumeClaimCondition.type'],
  'v1.PersistentVolumeClaimModifyVolumeStatus': ['ModifyVolumeStatus.status'],
  'v1.PersistentVolumeClaimPhase': ['PersistentVolumeClaimStatus.phase'],
  'v1.PersistentVolumeClaimRetentionPolicyType': [
    'StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted',
    'StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled',
  ],
  'v1.PersistentVolumeMode': ['PersistentVolumeSpec.volumeMode', 'PersistentVolumeClaimSpec.volumeMode'],
  'v1.PersistentVolumePhase': ['PersistentVolumeStatus.phase'],
  'v1.PersistentVolumeReclaimPolicy': [
    'PersistentVolumeSpec.persistentVolumeReclaimPolicy',
    'StorageClass.reclaimPolicy',
  ],
  'v1.PodConditionType': ['PodCondition.type', 'PodReadinessGate.conditionType'],
  'v1.PodFSGroupChangePolicy': ['PodSecurityContext.fsGroupChangePolicy'],
  'v1.PodFailurePolicyAction': ['PodFailurePolicyRule.action'],
  'v1.PodFailurePolicyOnExitCodesOperator': ['PodFailurePolicyOnExitCodesRequirement.operator'],
  'v1.PodManagementPolicyType': ['StatefulSetSpec.podManagementPolicy'],
  'v1.PodPhase': ['PodStatus.phase'],
  'v1.PodQOSClass': ['PodStatus.qosClass'],
  'v1.PodReplacementPolicy': ['JobSpec.podReplacementPolicy'],
  'v1.PodResizeStatus': ['PodStatus.resize'],
  'v1.PodSELinuxChangePolicy': ['PodSecurityContext.seLinuxChangePolicy'],
  'v1.PolicyType': ['NetworkPolicySpec.policyTypes'],
  'v1.PreemptionPolicy': ['PodSpec.preemptionPolicy', 'PriorityClass.preemptionPolicy'],
  'v1.PriorityLevelEnablement': ['PriorityLevelConfigurationSpec.type'],
  'v1.ProcMountType': ['SecurityContext.procMount'],
  'v1.Protocol': [
    'ContainerPort.protocol',
    'ServicePort.protocol',
    'EndpointPort.protocol',
    'PortStatus.protocol',
    'NetworkPolicyPort.protocol',
  ],
  'v1.PullPolicy': [
    'Container.imagePullPolicy',
    'EphemeralContainerCommon.imagePullPolicy',
    'ImageVolumeSource.pullPolicy',
  ],
  'v1.RecursiveReadOnlyMode': ['VolumeMount.recursiveReadOnly', 'VolumeMountStatus.recursiveReadOnly'],
  'v1.ReinvocationPolicyType': ['MutatingWebhook.reinvocationPolicy', 'MutatingAdmissionPolicySpec.reinvocationPolicy'],
  'v1.ReplicaSetConditionType': ['ReplicaSetCondition.type'],
  'v1.ReplicationControllerConditionType': ['ReplicationControllerCondition.type'],
  'v1.RequestConditionType': ['CertificateSigningRequestCondition.type'],
  'v1.ResourceHealthStatus': ['ResourceHealth.health'],
  'v1.ResourceList': [
    'LimitRangeItem.default',
    'LimitRangeItem.defaultRequest',
    'LimitRangeItem.max',
    'LimitRangeItem.min',
    'LimitRangeItem.maxLimitRequestRatio',
    'NodeStatus.allocatable',
    'NodeStatus.capacity',
    'Overhead.podFixed',
    'PersistentVolumeSpec.capacity',
    'ResourceQuotaSpec.hard',
    'ResourceQuotaStatus.hard',
    'ResourceQuotaStatus.used',
    'ResourceRequirements.limits',
    'ResourceRequirements.requests',
    'VolumeResourceRequirements.limits',
    'VolumeResourceRequirements.requests',
    'PodSpec.overhead',
    'PersistentVolumeClaimStatus.capacity',
    'PersistentVolumeClaimStatus.allocatedResources',
    'ContainerStatus.allocatedResources',
    'PodStatus.allocatedResources',
  ],
  'v1.ResourceName': [
    'ContainerResizePolicy.resourceName',
    'ResourceStatus.name',
    'ContainerResourceMetricSource.name',
    'ResourceMetricSource.name',
    'ContainerResourceMetricStatus.name',
    'ResourceMetricStatus.name',
  ],
  'v1.ResourceQuotaScope': ['ResourceQuotaSpec.scopes', 'ScopedResourceSelectorRequirement.scopeName'],
  'v1.ResourceResizeRestartPolicy': ['ContainerResizePolicy.restartPolicy'],
  'v1.ResourceScope': ['CustomResourceDefinitionSpec.scope'],
  'v1.ResourceVersionMatch': ['ListOptions.resourceVersionMatch'],
  'v1.RestartPolicy': ['PodSpec.restartPolicy'],
  'v1.RowConditionType': ['TableRowCondition.type'],
  'v1.ScopeSelectorOperator': ['ScopedResourceSelectorRequirement.operator'],
  'v1.ScopeType': ['Rule.scope', 'NamedRuleWithOperations.scope', 'RuleWithOperations.scope'],
  'v1.SeccompProfileType': ['SeccompProfile.type'],
  'v1.SecretType': ['Secret.type'],
  'v1.ServiceAffinity': ['ServiceSpec.sessionAffinity'],
  'v1.ServiceExternalTrafficPolicy': ['ServiceSpec.externalTrafficPolicy'],
  'v1.ServiceInternalTrafficPolicy': ['ServiceSpec.internalTrafficPolicy'],
  'v1.ServiceType': ['ServiceSpec.type'],
  'v1.SideEffectClass': ['ValidatingWebhook.sideEffects', 'MutatingWebhook.sideEffects'],
  'v1.Signal': ['Lifecycle.stopSignal', 'ContainerStatus.stopSignal'],
  'v1.StatefulSetUpdateStrategyType': ['StatefulSetUpdateStrategy.type'],
  'v1.StatusReason': ['Status.reason', 'Validation.reason'],
  'v1.StorageMedium': ['EmptyDirVolumeSource.medium'],
  'v1.SubjectKind': ['flowcontrol.v1.Subject.kind'],
  'v1.SupplementalGroupsPolicy': ['PodSecurityContext.supplementalGroupsPolicy'],
  'v1.TaintEffect': ['Taint.effect', 'Toleration.effect'],
  'v1.TerminationMessagePolicy': [
    'Container.terminationMessagePolicy',
    'EphemeralContainerCommon.terminationMessagePolicy',
  ],
  'v1.TolerationOperator': ['Toleration.operator'],
  'v1.URIScheme': ['HTTPGetAction.scheme'],
  'v1.UnhealthyPodEvictionPolicyType': ['PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy'],
  'v1.UniqueVolumeName': ['NodeStatus.volumesInUse', 'AttachedVolume.name'],
  'v1.UnsatisfiableConstraintAction': ['TopologySpreadConstraint.whenUnsatisfiable'],
  'v1.ValidationAction': ['ValidatingAdmissionPolicyBindingSpec.validationActions'],
  'v1.ValidationRules': ['JSONSchemaProps.x-kubernetes-validations'],
  'v1.VolumeBindingMode': ['StorageClass.volumeBindingMode'],
  'v1.VolumeLifecycleMode': ['CSIDriverSpec.volumeLifecycleModes'],
  'v2.HPAScalingPolicyType': ['HPAScalingPolicy.type'],
  'v2.HorizontalPodAutoscalerConditionType': ['HorizontalPodAutoscalerCondition.type'],
  'v2.MetricSourceType': ['MetricSpec.type', 'MetricStatus.type'],
  'v2.MetricTargetType': ['MetricTarget.type'],
  'v2.ScalingPolicySelect': ['HPAScalingRules.selectPolicy'],
};

/** Types of which a whole list or map is one value. */
const wholeTypes = /^(v1\.ResourceList|v1\.ValidationRules|map\[.*)$/;

const typeByField = new Map(
  Object.entries(fieldsByType).flatMap(([type, fields]) => fields.map(field => [field, type] as const)),
);

/** The named type of a field: of its text, or of its items. `struct` in full, as two groups may have one of the same name. */
export function namedType(struct: string, field: string): string | undefined {
  const parts = struct.split('.');
  const type = typeByField.get(`${parts.at(-1)}.${field}`) ?? typeByField.get(`${parts.slice(-3).join('.')}.${field}`);
  return type !== undefined && wholeTypes.test(type) ? undefined : type;
}

/** The named type of a field that is a list or map as a whole. */
export function namedCollection(struct: string, field: string): string | undefined {
  const type = typeByField.get(`${struct}.${field}`);
  return type !== undefined && wholeTypes.test(type) ? type : undefined;
}

/** Structs that stand inside another without a name of their own in JSON: where protobuf has a path, Go has these. */
const embedded: Readonly<Record<string, readonly string[]>> = {
  ConfigMapEnvSource: ['LocalObjectReference'],
  ConfigMapKeySelector: ['LocalObjectReference'],
  ConfigMapProjection: ['LocalObjectReference'],
  ConfigMapVolumeSource: ['LocalObjectReference'],
  DeviceAllocationConfiguration: ['DeviceConfiguration'],
  DeviceClaimConfiguration: ['DeviceConfiguration'],
  DeviceClassConfiguration: ['DeviceConfiguration'],
  EphemeralContainer: ['EphemeralContainerCommon'],
  IngressRule: ['IngressRuleValue'],
  NamedRuleWithOperations: ['RuleWithOperations', 'Rule'],
  PersistentVolumeSpec: ['PersistentVolumeSource'],
  Probe: ['ProbeHandler'],
  RuleWithOperations: ['Rule'],
  SecretEnvSource: ['LocalObjectReference'],
  SecretKeySelector: ['LocalObjectReference'],
  SecretProjection: ['LocalObjectReference'],
  Volume: ['VolumeSource'],
};

/** `VolumeSource.` for a volume's `hostPath`, nothing for its `name`. */
export function embeddedPath(struct: string, number: FieldNumber): string {
  if (typeof number === 'number') return '';
  return (embedded[struct] ?? [])
    .slice(0, number.length - 1)
    .map(name => `${name}.`)
    .join('');
}
