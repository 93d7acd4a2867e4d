/** StatefulSets. */

import { isDeepStrictEqual } from 'node:util';
import type { StatefulSet, StatefulSetSpec } from '#api/apps/stateful-set.ts';
import { RollingUpdateStatefulSetStrategy, StatefulSetUpdateStrategy, statefulSets } from '#api/apps/stateful-set.ts';
import type { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { ageColumn, containerColumns, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { inspectClaimSpec } from '#apiserver/resources/core/persistent-volume-claim-spec.ts';
import { preparePodTemplate } from '#apiserver/resources/core/pod-preparation.ts';
import { inspectPodTemplate } from '#apiserver/resources/core/pod-validation.ts';
import { fractionalWarnings, podTemplateWarnings } from '#apiserver/resources/core/pod-warnings.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { addProblems, inspectAtLeastZero } from '#apiserver/resources/messages.ts';
import { inspectKeepsRunning } from '#apiserver/resources/running-template.ts';
import { inspectSelector, inspectSelectsOwn, invalidSelector, selectorWorks } from '#apiserver/resources/selectors.ts';
import {
  keepStatus,
  statusRules,
  validateCollisions,
  validateCounts,
} from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { forbidden, invalid, invalidShown, notSupported, required } from '#machinery/validation/field-error.ts';
import { checkDns1123Label, nameIsDnsLabel } from '#machinery/validation/names.ts';

const templateOf = (set: StatefulSet) => set.spec?.template;

export const statefulSetStrategy: Strategy<StatefulSet> = {
  resource: statefulSets,
  hasGeneration: true,
  validateName: nameIsDnsLabel,
  prepareCreate(set) {
    delete set.status;
    preparePodTemplate(templateOf(set));
  },
  validateCreate: set => validateSpec(set.spec as StatefulSetSpec, true),
  warnOnCreate: warnings,
  prepareUpdate(set, old) {
    keepStatus(set, old);
    preparePodTemplate(templateOf(set));
  },
  validateUpdate: (set, old) => [
    ...validateSpec(set.spec as StatefulSetSpec, false),
    ...(isDeepStrictEqual(fixedPart(set.spec), fixedPart(old.spec)) ? [] : [forbidden('spec', onlyUpdatable)]),
  ],
  warnOnUpdate: warnings,
  subresources: { status: statusRules(validateStatus) },
  columns: [
    nameColumn,
    textColumn('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
    ageColumn,
    ...containerColumns(templateOf),
  ],
};

const updatable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

const onlyUpdatable = `updates to statefulset spec for fields other than ${updatable
  .slice(0, -1)
  .map(name => `'${name}'`)
  .join(', ')} and 'minReadySeconds' are forbidden`;

function fixedPart(spec: StatefulSetSpec | undefined): unknown {
  return Object.fromEntries(Object.entries(spec ?? {}).filter(([name]) => !updatable.includes(name)));
}

function warnings(set: StatefulSet): string[] {
  const limit = set.spec?.revisionHistoryLimit ?? 0;
  return [
    ...podTemplateWarnings(templateOf(set), 'spec.template'),
    ...(set.spec?.volumeClaimTemplates ?? []).flatMap((claim, i) =>
      fractionalWarnings(claim.spec?.resources?.requests, `spec.volumeClaimTemplates[${i}].spec.resources.requests`),
    ),
    ...(limit < 0
      ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
      : []),
  ];
}

/** Claims cannot change later, so they are looked at once. */
function validateSpec(spec: StatefulSetSpec, isNew: boolean): FieldError[] {
  const errors: FieldError[] = [];
  inspectPolicies(spec, errors);
  inspectAtLeastZero(spec.replicas, 'spec.replicas', errors);
  inspectAtLeastZero(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  inspectAtLeastZero(spec.ordinals?.start, 'spec.ordinals.start', errors);
  if (spec.serviceName) addProblems(errors, 'spec.serviceName', spec.serviceName, checkDns1123Label(spec.serviceName));
  (isNew ? (spec.volumeClaimTemplates ?? []) : []).forEach((claim, i) => {
    inspectClaimSpec(claim.spec ?? {}, `spec.volumeClaimTemplates[${i}].spec`, errors);
  });
  inspectSelector(spec.selector, 'statefulset', 'spec.selector', errors);
  if (selectorWorks(spec.selector, 'spec.selector')) {
    inspectSelectsOwn(spec.selector, spec.template, 'spec.template', errors);
    inspectPodTemplate(withClaims(spec), 'spec.template', errors);
  } else errors.push(invalidSelector('spec.selector', spec.selector, ''));
  inspectKeepsRunning(spec.template, 'StatefulSet', 'spec.template', errors);
  return errors;
}

/** The Pods get a volume for each claim, which takes the place of one of the same name. */
function withClaims(spec: StatefulSetSpec): PodTemplateSpec {
  const names = [...new Set((spec.volumeClaimTemplates ?? []).map(claim => claim.metadata?.name ?? ''))];
  const claimed = names.map(name => ({ name, persistentVolumeClaim: { claimName: name } }));
  const others = (spec.template.spec?.volumes ?? []).filter(volume => !names.includes(volume.name));
  return { ...spec.template, spec: { ...spec.template.spec, volumes: [...claimed, ...others] } } as PodTemplateSpec;
}

const retentions = ['Retain', 'Delete'];

function inspectPolicies(spec: StatefulSetSpec, errors: FieldError[]): void {
  const {
    podManagementPolicy: management,
    updateStrategy = {},
    persistentVolumeClaimRetentionPolicy: retention,
  } = spec;
  if (!management) errors.push(required('spec.podManagementPolicy'));
  else if (management !== 'OrderedReady' && management !== 'Parallel') {
    errors.push(invalid('spec.podManagementPolicy', management, "must be 'OrderedReady' or 'Parallel'"));
  }
  inspectStrategy(updateStrategy, errors);
  for (const name of ['whenDeleted', 'whenScaled'] as const) {
    const value = retention?.[name];
    if (retention && !retentions.includes(value ?? '')) {
      errors.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, value ?? '', retentions));
    }
  }
}

function inspectStrategy(strategy: StatefulSetUpdateStrategy, errors: FieldError[]): void {
  const path = 'spec.updateStrategy';
  const { type, rollingUpdate } = strategy;
  if (!type) errors.push(required(path));
  else if (type === 'OnDelete') {
    if (rollingUpdate) {
      const shown = internalJson(RollingUpdateStatefulSetStrategy, rollingUpdate);
      errors.push(invalidShown(`${path}.rollingUpdate`, shown, "only allowed for updateStrategy 'RollingUpdate'"));
    }
  } else if (type === 'RollingUpdate') {
    inspectAtLeastZero(rollingUpdate?.partition, `${path}.rollingUpdate.partition`, errors);
  } else {
    const shown = internalJson(StatefulSetUpdateStrategy, strategy);
    errors.push(invalidShown(path, shown, "must be 'RollingUpdate' or 'OnDelete'"));
  }
}

function validateStatus(set: StatefulSet, old: StatefulSet): FieldError[] {
  return [
    ...validateCounts(set.status, {
      counts: [
        'replicas',
        'readyReplicas',
        'currentReplicas',
        'updatedReplicas',
        'availableReplicas',
        'observedGeneration',
        'collisionCount',
      ],
      atMost: [
        ['readyReplicas', 'replicas', 'status.replicas'],
        ['currentReplicas', 'replicas', 'status.replicas'],
        ['updatedReplicas', 'replicas', 'status.replicas'],
        ['availableReplicas', 'replicas', 'status.replicas'],
        ['availableReplicas', 'readyReplicas', 'status.readyReplicas'],
      ],
    }),
    ...validateCollisions(set.status, old.status),
  ];
}
