/** DaemonSets. */

import { isDeepStrictEqual } from 'node:util';
import type { DaemonSet, DaemonSetSpec } from '#api/apps/daemon-set.ts';
import {
  DaemonSetUpdateStrategy,
  daemonSets,
  templateGenerationAnnotation as templateGeneration,
} from '#api/apps/daemon-set.ts';
import {
  ageColumn,
  containerColumns,
  integerColumn,
  nameColumn,
  printedLabels,
  selectorColumn,
  textColumn,
} from '#apiserver/resources/columns.ts';
import { preparePodTemplate } from '#apiserver/resources/core/pod-preparation.ts';
import { podTemplateWarnings, updatedTemplateWarnings } from '#apiserver/resources/core/pod-warnings.ts';
import { amountOf, inspectAtMostAll, inspectIntOrPercent } from '#apiserver/resources/int-or-percent.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { immutable, inspectAtLeastZero, notSupportedShown } from '#apiserver/resources/messages.ts';
import { inspectRunningTemplate } from '#apiserver/resources/running-template.ts';
import { inspectSelectsOwn, invalidSelector, isEmptySelector, selectorWorks } from '#apiserver/resources/selectors.ts';
import {
  keepStatus,
  statusRules,
  validateCollisions,
  validateCounts,
} from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { invalid, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { validateLabelSelector } from '#machinery/validation/label-selector.ts';

const templateOf = (set: DaemonSet) => set.spec?.template;

function setTemplateGeneration({ metadata }: DaemonSet, generation: number): void {
  if (metadata) metadata.annotations = { ...metadata.annotations, [templateGeneration]: String(generation) };
}

export const daemonSetStrategy: Strategy<DaemonSet> = {
  resource: daemonSets,
  hasGeneration: true,
  prepareCreate(set) {
    delete set.status;
    preparePodTemplate(templateOf(set));
    setTemplateGeneration(set, 1);
  },
  validateCreate: set => validateSpec(set.spec as DaemonSetSpec),
  warnOnCreate: set => podTemplateWarnings(templateOf(set), 'spec.template'),
  warnOnUpdate: updatedTemplateWarnings,
  prepareUpdate(set, old) {
    keepStatus(set, old);
    preparePodTemplate(templateOf(set));
    const before = Number(old.metadata?.annotations?.[templateGeneration] ?? 0);
    const changed = !isDeepStrictEqual(set.spec?.template, old.spec?.template);
    setTemplateGeneration(set, changed ? before + 1 : before);
  },
  validateUpdate: (set, old) => [
    ...(isDeepStrictEqual(set.spec?.selector, old.spec?.selector)
      ? []
      : [invalid('spec.selector', set.spec?.selector, immutable)]),
    ...validateSpec(set.spec as DaemonSetSpec),
  ],
  subresources: { status: statusRules(validateStatus) },
  plainMetadata: ({ metadata }) => {
    const { [templateGeneration]: _, ...annotations } = metadata?.annotations ?? {};
    return { ...metadata, annotations: Object.keys(annotations).length > 0 ? annotations : undefined };
  },
  columns: [
    nameColumn,
    integerColumn('Desired', ({ status }) => status?.desiredNumberScheduled),
    integerColumn('Current', ({ status }) => status?.currentNumberScheduled),
    integerColumn('Ready', ({ status }) => status?.numberReady),
    integerColumn('Up-to-date', ({ status }) => status?.updatedNumberScheduled),
    integerColumn('Available', ({ status }) => status?.numberAvailable),
    textColumn('Node Selector', set => printedLabels(templateOf(set)?.spec?.nodeSelector)),
    ageColumn,
    ...containerColumns(templateOf),
    selectorColumn(({ spec }) => spec?.selector),
  ],
};

function validateSpec(spec: DaemonSetSpec): FieldError[] {
  const errors: FieldError[] = [...validateLabelSelector(spec.selector, 'spec.selector')];
  if (selectorWorks(spec.selector, 'spec.selector'))
    inspectSelectsOwn(spec.selector, spec.template, 'spec.template', errors);
  if (spec.selector && isEmptySelector(spec.selector)) {
    errors.push(invalidSelector('spec.selector', spec.selector, 'empty selector is invalid for daemonset'));
  }
  inspectRunningTemplate(spec.template, 'DaemonSet', 'spec.template', errors);
  inspectAtLeastZero(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  inspectStrategy(spec.updateStrategy ?? {}, 'spec.updateStrategy', errors);
  inspectAtLeastZero(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', errors);
  return errors;
}

function inspectStrategy(strategy: DaemonSetUpdateStrategy, path: FieldPath, errors: FieldError[]): void {
  if (strategy.type === 'OnDelete') return;
  if (strategy.type !== 'RollingUpdate') {
    const shown = internalJson(DaemonSetUpdateStrategy, strategy);
    errors.push(notSupportedShown(path, shown, ['RollingUpdate', 'OnDelete']));
    return;
  }
  const at = `${path}.rollingUpdate`;
  if (!strategy.rollingUpdate) {
    errors.push(required(at));
    return;
  }
  const { maxUnavailable = 0, maxSurge = 0 } = strategy.rollingUpdate;
  inspectIntOrPercent(maxUnavailable, `${at}.maxUnavailable`, errors);
  inspectIntOrPercent(maxSurge, `${at}.maxSurge`, errors);
  inspectAtMostAll(maxUnavailable, `${at}.maxUnavailable`, errors);
  inspectAtMostAll(maxSurge, `${at}.maxSurge`, errors);
  const stops = amountOf(maxUnavailable) !== 0;
  const surges = amountOf(maxSurge) !== 0;
  if (stops && surges)
    errors.push(invalid(`${at}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  if (!stops && !surges) errors.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
}

function validateStatus(set: DaemonSet, old: DaemonSet): FieldError[] {
  const counts = [
    'currentNumberScheduled',
    'numberMisscheduled',
    'desiredNumberScheduled',
    'numberReady',
    'observedGeneration',
    'updatedNumberScheduled',
    'numberAvailable',
    'numberUnavailable',
    'collisionCount',
  ];
  return [...validateCounts(set.status, { counts }), ...validateCollisions(set.status, old.status)];
}
