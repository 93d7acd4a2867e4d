import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, int32, list, optional, string, struct, time } from '#machinery/schema.ts';

export const FlowDistinguisherMethod = struct(
  'io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod',
  {
    type: always(1, string, { required: true, enum: ['ByUser', 'ByNamespace'], doc: 'ByUser or ByNamespace.' }),
  },
  { doc: 'How requests are told apart into flows.' },
);
export interface FlowDistinguisherMethod extends TypeOf<typeof FlowDistinguisherMethod> {}

export const PriorityLevelConfigurationReference = struct(
  'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference',
  {
    name: always(1, string, { required: true, doc: 'Name of the level.' }),
  },
  { doc: 'A priority level.' },
);
export interface PriorityLevelConfigurationReference extends TypeOf<typeof PriorityLevelConfigurationReference> {}

export const NonResourcePolicyRule = struct(
  'io.k8s.api.flowcontrol.v1.NonResourcePolicyRule',
  {
    verbs: always(1, list(string, { type: 'set' }), { required: true, doc: 'What is done. * is everything.' }),
    nonResourceURLs: always(6, list(string, { type: 'set' }), { required: true, doc: 'The paths. * is all.' }),
  },
  { doc: 'Requests for paths.' },
);
export interface NonResourcePolicyRule extends TypeOf<typeof NonResourcePolicyRule> {}

export const ResourcePolicyRule = struct(
  'io.k8s.api.flowcontrol.v1.ResourcePolicyRule',
  {
    verbs: always(1, list(string, { type: 'set' }), { required: true, doc: 'What is done. * is everything.' }),
    apiGroups: always(2, list(string, { type: 'set' }), { required: true, doc: 'Groups of the resources. * is all.' }),
    resources: always(3, list(string, { type: 'set' }), { required: true, doc: 'The resources. * is all.' }),
    clusterScope: field(4, boolean, { doc: 'Whether requests without a namespace match. False if absent.' }),
    namespaces: always(5, list(string, { type: 'set' }), { doc: 'Namespaces of the requests. * is all.' }),
  },
  { doc: 'Requests for resources.' },
);
export interface ResourcePolicyRule extends TypeOf<typeof ResourcePolicyRule> {}

export const GroupSubject = struct(
  'io.k8s.api.flowcontrol.v1.GroupSubject',
  {
    name: always(1, string, { required: true, doc: 'Name of the group. * is all.' }),
  },
  { doc: 'A group of users.' },
);
export interface GroupSubject extends TypeOf<typeof GroupSubject> {}

export const ServiceAccountSubject = struct(
  'io.k8s.api.flowcontrol.v1.ServiceAccountSubject',
  {
    namespace: always(1, string, { required: true, doc: 'Namespace of the ServiceAccount.' }),
    name: always(2, string, { required: true, doc: 'Name of the ServiceAccount. * is all.' }),
  },
  { doc: 'A ServiceAccount.' },
);
export interface ServiceAccountSubject extends TypeOf<typeof ServiceAccountSubject> {}

export const UserSubject = struct(
  'io.k8s.api.flowcontrol.v1.UserSubject',
  {
    name: always(1, string, { required: true, doc: 'Name of the user. * is all.' }),
  },
  { doc: 'A user.' },
);
export interface UserSubject extends TypeOf<typeof UserSubject> {}

export const Subject = struct(
  'io.k8s.api.flowcontrol.v1.Subject',
  {
    kind: always(1, string, {
      required: true,
      enum: ['User', 'Group', 'ServiceAccount'],
      doc: 'User, Group or ServiceAccount.',
    }),
    user: optional(2, UserSubject, { doc: 'A user.' }),
    group: optional(3, GroupSubject, { doc: 'A group of users.' }),
    serviceAccount: optional(4, ServiceAccountSubject, { doc: 'A ServiceAccount.' }),
  },
  { doc: 'Who makes requests. The field for kind is set.' },
);
export interface Subject extends TypeOf<typeof Subject> {}

export const PolicyRulesWithSubjects = struct(
  'io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects',
  {
    subjects: always(1, list(Subject), { required: true, doc: 'Who makes them. One that matches is enough.' }),
    resourceRules: field(2, list(ResourcePolicyRule), { doc: 'Requests for resources.' }),
    nonResourceRules: field(3, list(NonResourcePolicyRule), { doc: 'Requests for paths.' }),
  },
  { doc: 'Requests, by who makes them and what they do.' },
);
export interface PolicyRulesWithSubjects extends TypeOf<typeof PolicyRulesWithSubjects> {}

export const FlowSchemaSpec = struct(
  'io.k8s.api.flowcontrol.v1.FlowSchemaSpec',
  {
    priorityLevelConfiguration: always(1, PriorityLevelConfigurationReference, {
      required: true,
      doc: 'Priority level that they get.',
    }),
    matchingPrecedence: field(2, int32, { doc: 'Lower is tried first, from 1 to 10000. 1000 if absent.' }),
    distinguisherMethod: optional(3, FlowDistinguisherMethod, {
      doc: 'How they are told apart into flows. One flow if absent.',
    }),
    rules: field(4, list(PolicyRulesWithSubjects), { doc: 'Which requests. One rule that matches is enough.' }),
  },
  {
    doc: 'Which requests, and what becomes of them.',
    defaults(spec) {
      spec.matchingPrecedence ||= 1000;
    },
  },
);
export interface FlowSchemaSpec extends TypeOf<typeof FlowSchemaSpec> {}

export const FlowSchemaCondition = struct(
  'io.k8s.api.flowcontrol.v1.FlowSchemaCondition',
  {
    type: field(1, string, { doc: 'What the condition is about.' }),
    status: field(2, string, { enum: ['True', 'False', 'Unknown'], doc: 'Whether it holds: True, False or Unknown.' }),
    lastTransitionTime: always(3, time, { doc: 'When the status last changed.' }),
    reason: field(4, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(5, string, { doc: 'A sentence that says why, for people.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface FlowSchemaCondition extends TypeOf<typeof FlowSchemaCondition> {}

export const FlowSchemaStatus = struct(
  'io.k8s.api.flowcontrol.v1.FlowSchemaStatus',
  {
    conditions: field(
      1,
      list(FlowSchemaCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
      { doc: 'What is true of it now, one entry for each type.' },
    ),
  },
  { doc: 'What is observed of the schema.' },
);
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
  {
    doc: 'Sorts requests into flows of a priority level.',
    gvk: { group: 'flowcontrol.apiserver.k8s.io', version: 'v1', kind: 'FlowSchema' },
  },
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
