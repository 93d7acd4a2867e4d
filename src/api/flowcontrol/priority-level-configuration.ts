import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, list, optional, string, struct, time } from '#machinery/schema.ts';

export const ExemptPriorityLevelConfiguration = struct(
  'io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration',
  {
    nominalConcurrencyShares: optional(1, int32, { default: 0, doc: "Its share of the server's seats. 0 if absent." }),
    lendablePercent: optional(2, int32, {
      default: 0,
      doc: 'How much of that others may borrow, in percent. 0 if absent.',
    }),
  },
  { doc: 'A level without limits.' },
);
export interface ExemptPriorityLevelConfiguration extends TypeOf<typeof ExemptPriorityLevelConfiguration> {}

export const QueuingConfiguration = struct(
  'io.k8s.api.flowcontrol.v1.QueuingConfiguration',
  {
    queues: field(1, int32, { doc: 'How many queues. 64 if absent.' }),
    handSize: field(2, int32, { doc: 'How many queues a flow is dealt. 8 if absent.' }),
    queueLengthLimit: field(3, int32, { doc: 'How many requests a queue may hold. 50 if absent.' }),
  },
  {
    doc: 'How requests wait.',
    defaults(queuing) {
      queuing.queues ||= 64;
      queuing.handSize ||= 8;
      queuing.queueLengthLimit ||= 50;
    },
  },
);
export interface QueuingConfiguration extends TypeOf<typeof QueuingConfiguration> {}

export const LimitResponse = struct(
  'io.k8s.api.flowcontrol.v1.LimitResponse',
  {
    type: always(1, string, { required: true, enum: ['Queue', 'Reject'], doc: 'Queue or Reject.' }),
    queuing: optional(2, QueuingConfiguration, { doc: 'How they wait. Only for Queue.' }),
  },
  { doc: 'What becomes of requests that cannot run at once.' },
);
export interface LimitResponse extends TypeOf<typeof LimitResponse> {}

export const LimitedPriorityLevelConfiguration = struct(
  'io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration',
  {
    nominalConcurrencyShares: optional(1, int32, {
      default: 30,
      doc: "Its share of the server's seats. 30 if absent.",
    }),
    limitResponse: always(2, LimitResponse, { doc: 'What becomes of requests that cannot run at once.' }),
    lendablePercent: optional(3, int32, {
      default: 0,
      doc: 'How much of its share others may borrow, in percent. 0 if absent.',
    }),
    borrowingLimitPercent: optional(4, int32, {
      doc: 'How much it may borrow, in percent of its share. No limit if absent.',
    }),
  },
  { doc: 'A level with limits.' },
);
export interface LimitedPriorityLevelConfiguration extends TypeOf<typeof LimitedPriorityLevelConfiguration> {}

export const PriorityLevelConfigurationSpec = struct(
  'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec',
  {
    type: always(1, string, { required: true, enum: ['Exempt', 'Limited'], doc: 'Exempt or Limited.' }),
    limited: optional(2, LimitedPriorityLevelConfiguration, { doc: 'The limits. Only for Limited.' }),
    exempt: optional(3, ExemptPriorityLevelConfiguration, {
      doc: 'What a level without limits lends. Only for Exempt.',
    }),
  },
  { doc: 'How the requests of the level are limited.' },
);
export interface PriorityLevelConfigurationSpec extends TypeOf<typeof PriorityLevelConfigurationSpec> {}

export const PriorityLevelConfigurationCondition = struct(
  'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition',
  {
    type: field(1, string, { doc: 'What the condition is about.' }),
    status: field(2, string, { enum: ['True', 'False', 'Unknown'], doc: 'Whether it holds: True, False or Unknown.' }),
    lastTransitionTime: always(3, time, { doc: 'When the status last changed.' }),
    reason: field(4, string, { doc: 'One word in CamelCase that says why, for machines.' }),
    message: field(5, string, { doc: 'A sentence that says why, for people.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface PriorityLevelConfigurationCondition extends TypeOf<typeof PriorityLevelConfigurationCondition> {}

export const PriorityLevelConfigurationStatus = struct(
  'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus',
  {
    conditions: field(
      1,
      list(PriorityLevelConfigurationCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
      { doc: 'What is true of it now, one entry for each type.' },
    ),
  },
  { doc: 'What is observed of the level.' },
);
export interface PriorityLevelConfigurationStatus extends TypeOf<typeof PriorityLevelConfigurationStatus> {}

export const PriorityLevelConfiguration = struct(
  'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, PriorityLevelConfigurationSpec),
    status: always(3, PriorityLevelConfigurationStatus),
  },
  {
    doc: 'A priority level and how many of its requests run at once.',
    gvk: { group: 'flowcontrol.apiserver.k8s.io', version: 'v1', kind: 'PriorityLevelConfiguration' },
  },
);
export interface PriorityLevelConfiguration extends TypeOf<typeof PriorityLevelConfiguration> {}

export const priorityLevelConfigurations = defineResource({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  singular: 'prioritylevelconfiguration',
  namespaced: false,
  verbs: allVerbs,
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: PriorityLevelConfiguration,
});
