import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, list, optional, string, struct, time } from '#machinery/schema.ts';

export const FlowDistinguisherMethod = struct('io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod', {
  type: always(1, string, { required: true, enum: ['ByUser', 'ByNamespace'] }),
});
export interface FlowDistinguisherMethod extends TypeOf<typeof FlowDistinguisherMethod> {}

export const PriorityLevelConfigurationReference = struct(
  'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference',
  {
    name: always(1, string, { required: true }),
  },
);
export interface PriorityLevelConfigurationReference extends TypeOf<typeof PriorityLevelConfigurationReference> {}

export const NonResourcePolicyRule = struct('io.k8s.api.flowcontrol.v1.NonResourcePolicyRule', {
  verbs: always(1, list(string, { type: 'set' }), { required: true }),
  nonResourceURLs: always(6, list(string, { type: 'set' }), { required: true }),
});
export interface NonResourcePolicyRule extends TypeOf<typeof NonResourcePolicyRule> {}

export const ResourcePolicyRule = struct('io.k8s.api.flowcontrol.v1.ResourcePolicyRule', {
  verbs: always(1, list(string, { type: 'set' }), { required: true }),
  apiGroups: always(2, list(string, { type: 'set' }), { required: true }),
  resources: always(3, list(string, { type: 'set' }), { required: true }),
  clusterScope: field(4, boolean),
  namespaces: field(5, list(string, { type: 'set' })),
});
export interface ResourcePolicyRule extends TypeOf<typeof ResourcePolicyRule> {}

export const GroupSubject = struct('io.k8s.api.flowcontrol.v1.GroupSubject', {
  name: always(1, string, { required: true }),
});
export interface GroupSubject extends TypeOf<typeof GroupSubject> {}

export const ServiceAccountSubject = struct('io.k8s.api.flowcontrol.v1.ServiceAccountSubject', {
  namespace: always(1, string, { required: true }),
  name: always(2, string, { required: true }),
});
export interface ServiceAccountSubject extends TypeOf<typeof ServiceAccountSubject> {}

export const UserSubject = struct('io.k8s.api.flowcontrol.v1.UserSubject', {
  name: always(1, string, { required: true }),
});
export interface UserSubject extends TypeOf<typeof UserSubject> {}

export const Subject = struct('io.k8s.api.flowcontrol.v1.Subject', {
  kind: always(1, string, { required: true, enum: ['User', 'Group', 'ServiceAccount'] }),
  user: optional(2, UserSubject),
  group: optional(3, GroupSubject),
  serviceAccount: optional(4, ServiceAccountSubject),
});
export interface Subject extends TypeOf<typeof Subject> {}

export const PolicyRulesWithSubjects = struct('io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects', {
  subjects: always(1, list(Subject), { required: true }),
  resourceRules: field(2, list(ResourcePolicyRule)),
  nonResourceRules: field(3, list(NonResourcePolicyRule)),
});
export interface PolicyRulesWithSubjects extends TypeOf<typeof PolicyRulesWithSubjects> {}

export const FlowSchemaSpec = struct(
  'io.k8s.api.flowcontrol.v1.FlowSchemaSpec',
  {
    priorityLevelConfiguration: always(1, PriorityLevelConfigurationReference, { required: true }),
    matchingPrecedence: field(2, int32),
    distinguisherMethod: optional(3, FlowDistinguisherMethod),
    rules: field(4, list(PolicyRulesWithSubjects)),
  },
  {
    defaults(spec) {
      spec.matchingPrecedence ||= 1000;
    },
  },
);
export interface FlowSchemaSpec extends TypeOf<typeof FlowSchemaSpec> {}

export const FlowSchemaCondition = struct('io.k8s.api.flowcontrol.v1.FlowSchemaCondition', {
  type: field(1, string),
  status: field(2, string, { enum: ['True', 'False', 'Unknown'] }),
  lastTransitionTime: always(3, time),
  reason: field(4, string),
  message: field(5, string),
});
export interface FlowSchemaCondition extends TypeOf<typeof FlowSchemaCondition> {}

export const FlowSchemaStatus = struct('io.k8s.api.flowcontrol.v1.FlowSchemaStatus', {
  conditions: field(1, list(FlowSchemaCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' })),
});
export interface FlowSchemaStatus extends TypeOf<typeof FlowSchemaStatus> {}

export const FlowSchema = struct(
  'io.k8s.api.flowcontrol.v1.FlowSchema',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, FlowSchemaSpec),
    status: always(3, FlowSchemaStatus),
  },
  { gvk: { group: 'flowcontrol.apiserver.k8s.io', version: 'v1', kind: 'FlowSchema' } },
);
export interface FlowSchema extends TypeOf<typeof FlowSchema> {}

export const flowSchemas = defineResource({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  singular: 'flowschema',
  namespaced: false,
  verbs: allVerbs,
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: FlowSchema,
});
