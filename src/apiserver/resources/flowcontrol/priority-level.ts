/** PriorityLevelConfigurations (upstream: registry/flowcontrol/prioritylevelconfiguration). */

import {
  type LimitedPriorityLevelConfiguration,
  type PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  priorityLevelConfigurations,
  type QueuingConfiguration,
} from '#api/flowcontrol/priority-level-configuration.ts';
import { priorityLevels } from '#apiserver/authz/bootstrap/flow-control.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { conditionErrors, isMandatory, mustEqualFixed } from '#apiserver/resources/flowcontrol/mandatory.ts';
import { sameValue } from '#apiserver/resources/immutable.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { metadataAgain } from '#apiserver/resources/messages.ts';
import { keepStatus, resetsWithLabels, statusRules } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import {
  type FieldError,
  type FieldErrors,
  forbidden,
  invalid,
  invalidShown,
  notSupported,
  required,
} from '#machinery/validation/field-error.ts';

const mandatoryLevels = new Map(
  priorityLevels.filter(({ metadata }) => isMandatory(metadata?.name)).map(each => [each.metadata?.name, each]),
);
const queuesMax = 10_000_000;
const entropyBitsMax = 60;

export const priorityLevelConfigurationStrategy: Strategy<PriorityLevelConfiguration> = {
  resource: priorityLevelConfigurations,
  hasGeneration: true,
  prepareCreate(level) {
    level.status = {};
  },
  prepareUpdate: keepStatus,
  validateCreate: validate,
  validateUpdate: level => [...metadataAgain(level.metadata, false), ...validate(level)],
  subresources: { status: statusRules(({ status }) => conditionErrors(status?.conditions), { keepsLabels: true }) },
  resetFields: resetsWithLabels,
  columns: [
    nameColumn,
    textColumn<PriorityLevelConfiguration>('Type', ({ spec }) => spec?.type),
    shown('NominalConcurrencyShares', spec => spec?.limited?.nominalConcurrencyShares),
    shown('Queues', spec => spec?.limited?.limitResponse?.queuing?.queues),
    shown('HandSize', spec => spec?.limited?.limitResponse?.queuing?.handSize),
    shown('QueueLengthLimit', spec => spec?.limited?.limitResponse?.queuing?.queueLengthLimit),
    ageColumn,
  ],
};

function shown(name: string, count: (spec: PriorityLevelConfigurationSpec | undefined) => number | undefined) {
  return {
    name,
    type: 'string' as const,
    cell: ({ spec }: PriorityLevelConfiguration) => count(spec) ?? '<none>',
  };
}

function validate({ spec, metadata }: PriorityLevelConfiguration): FieldErrors {
  const errors: FieldError[] = [];
  const { name = '' } = metadata ?? {};
  const { type = '', limited, exempt } = spec ?? {};
  if ((type === 'Exempt') !== (name === 'exempt') && type !== '') {
    errors.push(invalid('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'"));
  }
  if (type === 'Limited') {
    if (exempt !== undefined) errors.push(forbidden('spec.exempt', 'must be nil if the type is Limited'));
    if (limited === undefined) errors.push(required('spec.limited', 'must not be empty when type is Limited'));
    else inspectLimited(limited, errors);
  } else if (type === 'Exempt') {
    if (limited !== undefined) errors.push(forbidden('spec.limited', 'must be nil if the type is not Limited'));
    if (exempt?.lendablePercent !== undefined)
      inspectPercent(exempt.lendablePercent, 'spec.exempt.lendablePercent', errors);
    const shares = exempt?.nominalConcurrencyShares;
    if (shares !== undefined && shares < 0) {
      errors.push(invalid('spec.exempt.nominalConcurrencyShares', shares, 'must be a non-negative integer'));
    }
  } else if (type === '') errors.push(required('spec.type'));
  else errors.push(notSupported('spec.type', type, ['Exempt', 'Limited']));
  const fixed = mandatoryLevels.get(name)?.spec;
  // What is exempt may be given shares; all else of the mandatory levels stays.
  const now = name === 'exempt' ? { ...spec, exempt: fixed?.exempt } : spec;
  if (fixed !== undefined && !sameValue(PriorityLevelConfigurationSpec, now, fixed)) {
    errors.push(invalidShown('spec', internalJson(PriorityLevelConfigurationSpec, spec), mustEqualFixed(name)));
  }
  return errors;
}

function inspectPercent(percent: number, path: string, errors: FieldError[]): void {
  if (percent < 0 || percent > 100) errors.push(invalid(path, percent, 'must be between 0 and 100, inclusive'));
}

function inspectLimited(limited: LimitedPriorityLevelConfiguration, errors: FieldError[]): void {
  const path = 'spec.limited';
  const {
    nominalConcurrencyShares: shares,
    lendablePercent,
    borrowingLimitPercent: borrowing,
    limitResponse,
  } = limited;
  if (shares !== undefined && shares < 0) {
    errors.push(invalid(`${path}.nominalConcurrencyShares`, shares, 'must be a non-negative integer'));
  }
  const own = `${path}.limitResponse`;
  const type = limitResponse?.type ?? '';
  if (type === 'Reject') {
    if (limitResponse?.queuing !== undefined) {
      errors.push(forbidden(`${own}.queuing`, 'must be nil if limited.limitResponse.type is not Limited'));
    }
  } else if (type === 'Queue') {
    if (limitResponse?.queuing === undefined) {
      errors.push(required(`${own}.queuing`, 'must not be empty if limited.limitResponse.type is Limited'));
    } else inspectQueuing(limitResponse.queuing, `${own}.queuing`, errors);
  } else if (type === '') errors.push(required(`${own}.type`));
  else errors.push(notSupported(`${own}.type`, type, ['Queue', 'Reject']));
  if (lendablePercent !== undefined) inspectPercent(lendablePercent, `${path}.lendablePercent`, errors);
  if (borrowing !== undefined && borrowing < 0) {
    errors.push(invalid(`${path}.borrowingLimitPercent`, borrowing, 'if specified, must be a non-negative integer'));
  }
}

function inspectQueuing(queuing: QueuingConfiguration, path: string, errors: FieldError[]): void {
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing;
  if (queueLengthLimit <= 0) errors.push(invalid(`${path}.queueLengthLimit`, queueLengthLimit, 'must be positive'));
  if (queues <= 0) errors.push(invalid(`${path}.queues`, queues, 'must be positive'));
  else if (queues > queuesMax) errors.push(invalid(`${path}.queues`, queues, `must not be greater than ${queuesMax}`));
  if (handSize <= 0) errors.push(invalid(`${path}.handSize`, handSize, 'must be positive'));
  else if (handSize > queues) {
    const why = `should not be greater than queues (${queues})`;
    errors.push(invalid(`${path}.handSize`, handSize, why));
  } else if (entropyBits(queues, handSize) > entropyBitsMax) {
    const why = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${entropyBitsMax}`;
    errors.push(invalid(`${path}.handSize`, handSize, why));
  }
}

/** How many bits of a hash it takes to deal a hand: the product of the choices. */
function entropyBits(deck: number, hand: number): number {
  let bits = 0;
  for (let left = deck; left > deck - hand; left--) bits += Math.log2(left);
  return Math.ceil(bits);
}
