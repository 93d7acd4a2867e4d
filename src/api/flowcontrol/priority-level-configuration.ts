import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, list, optional, string, struct, time } from '#machinery/schema.ts';

export const ExemptPriorityLevelConfiguration = struct('io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration', {
  nominalConcurrencyShares: optional(1, int32, { default: 0 }),
  lendablePercent: optional(2, int32, { default: 0 }),
});
export interface ExemptPriorityLevelConfiguration extends TypeOf<typeof ExemptPriorityLevelConfiguration> {}

export const QueuingConfiguration = struct(
  'io.k8s.api.flowcontrol.v1.QueuingConfiguration',
  {
    queues: field(1, int32),
    handSize: field(2, int32),
    queueLengthLimit: field(3, int32),
  },
  {
    defaults(queuing) {
      queuing.queues ||= 64;
      queuing.handSize ||= 8;
      queuing.queueLengthLimit ||= 50;
    },
  },
);
export interface QueuingConfiguration extends TypeOf<typeof QueuingConfiguration> {}

export const LimitResponse = struct('io.k8s.api.flowcontrol.v1.LimitResponse', {
  type: always(1, string, { required: true, enum: ['Queue', 'Reject'] }),
  queuing: optional(2, QueuingConfiguration),
});
export interface LimitResponse extends TypeOf<typeof LimitResponse> {}

export const LimitedPriorityLevelConfiguration = struct('io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration', {
  nominalConcurrencyShares: optional(1, int32, { default: 30 }),
  limitResponse: always(2, LimitResponse),
  lendablePercent: optional(3, int32, { default: 0 }),
  borrowingLimitPercent: optional(4, int32),
});
export interface LimitedPriorityLevelConfiguration extends TypeOf<typeof LimitedPriorityLevelConfiguration> {}

export const PriorityLevelConfigurationSpec = struct('io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec', {
  type: always(1, string, { required: true, enum: ['Exempt', 'Limited'] }),
  limited: optional(2, LimitedPriorityLevelConfiguration),
  exempt: optional(3, ExemptPriorityLevelConfiguration),
});
export interface PriorityLevelConfigurationSpec extends TypeOf<typeof PriorityLevelConfigurationSpec> {}

export const PriorityLevelConfigurationCondition = struct(
  'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition',
  {
    type: field(1, string),
    status: field(2, string, { enum: ['True', 'False', 'Unknown'] }),
    lastTransitionTime: always(3, time),
    reason: field(4, string),
    message: field(5, string),
  },
);
export interface PriorityLevelConfigurationCondition extends TypeOf<typeof PriorityLevelConfigurationCondition> {}

export const PriorityLevelConfigurationStatus = struct('io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus', {
  conditions: field(
    1,
    list(PriorityLevelConfigurationCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
  ),
});
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
  { gvk: { group: 'flowcontrol.apiserver.k8s.io', version: 'v1', kind: 'PriorityLevelConfiguration' } },
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
