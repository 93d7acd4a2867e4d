/** Where a Pod may run: node selectors, affinity, tolerations, spreading, gates. */

import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from '#api/core/scheduling.ts';
import { aboveZero, addProblems } from '#apiserver/resources/messages.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { duplicate, forbidden, invalid, notSupported, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { validateLabelSelector } from '#machinery/validation/label-selector.ts';
import {
  checkDns1123Label,
  checkLabelValue,
  checkQualifiedName,
  nameIsDnsSubdomain,
} from '#machinery/validation/names.ts';

const requiredTerms = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferredTerms = 'preferredDuringSchedulingIgnoredDuringExecution';

export function inspectAffinity(affinity: Affinity, path: FieldPath, errors: FieldError[]): void {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  if (nodeAffinity?.[requiredTerms]) {
    inspectNodeSelector(nodeAffinity[requiredTerms], `${path}.nodeAffinity.${requiredTerms}`, errors);
  }
  (nodeAffinity?.[preferredTerms] ?? []).forEach(({ weight, preference }, i) => {
    const at = `${path}.nodeAffinity.${preferredTerms}[${i}]`;
    inspectWeight(weight, `${at}.weight`, errors);
    inspectNodeSelectorTerm(preference, `${at}.preference`, errors);
  });
  if (podAffinity) inspectPodAffinity(podAffinity, `${path}.podAffinity`, errors);
  if (podAntiAffinity) inspectPodAffinity(podAntiAffinity, `${path}.podAntiAffinity`, errors);
}

function inspectWeight(weight: number, path: FieldPath, errors: FieldError[]): void {
  if (weight < 1 || weight > 100) errors.push(invalid(path, weight, 'must be in the range 1-100'));
}

export function inspectNodeSelector(selector: NodeSelector, path: FieldPath, errors: FieldError[]): void {
  const at = `${path}.nodeSelectorTerms`;
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) errors.push(required(at, 'must have at least one node selector term'));
  terms.forEach((term, i) => {
    inspectNodeSelectorTerm(term, `${at}[${i}]`, errors);
  });
}

function inspectNodeSelectorTerm(term: NodeSelectorTerm, path: FieldPath, errors: FieldError[]): void {
  (term.matchExpressions ?? []).forEach((requirement, i) => {
    inspectLabelRequirement(requirement, `${path}.matchExpressions[${i}]`, errors);
  });
  (term.matchFields ?? []).forEach((requirement, i) => {
    inspectFieldRequirement(requirement, `${path}.matchFields[${i}]`, errors);
  });
}

const notAnOperator = 'not a valid selector operator';

function inspectLabelRequirement(requirement: NodeSelectorRequirement, path: FieldPath, errors: FieldError[]): void {
  const { key, operator, values = [] } = requirement;
  const at = `${path}.values`;
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) errors.push(required(at, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      errors.push(forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    }
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1)
      errors.push(required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  } else errors.push(invalid(`${path}.operator`, operator, notAnOperator));
  addProblems(errors, `${path}.key`, key, checkQualifiedName(key));
  values.forEach((value, i) => {
    addProblems(errors, `${at}[${i}]`, value, checkLabelValue(value));
  });
}

/** Of a node's fields only its name can be asked for. */
function inspectFieldRequirement(requirement: NodeSelectorRequirement, path: FieldPath, errors: FieldError[]): void {
  const { key, operator, values = [] } = requirement;
  if (operator !== 'In' && operator !== 'NotIn') errors.push(invalid(`${path}.operator`, operator, notAnOperator));
  else if (values.length !== 1) {
    const problem = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(required(`${path}.values`, problem));
  }
  if (key !== 'metadata.name') errors.push(invalid(`${path}.key`, key, 'not a valid field selector key'));
  else {
    values.forEach((value, i) => {
      addProblems(errors, `${path}.values[${i}]`, value, nameIsDnsSubdomain(value));
    });
  }
}

function inspectPodAffinity(affinity: PodAffinity, path: FieldPath, errors: FieldError[]): void {
  (affinity[requiredTerms] ?? []).forEach((term, i) => {
    inspectPodAffinityTerm(term, `${path}.${requiredTerms}[${i}]`, errors);
  });
  (affinity[preferredTerms] ?? []).forEach(({ weight, podAffinityTerm }, i) => {
    const at = `${path}.${preferredTerms}[${i}]`;
    inspectWeight(weight, `${at}.weight`, errors);
    inspectPodAffinityTerm(podAffinityTerm, `${at}.podAffinityTerm`, errors);
  });
}

function inspectPodAffinityTerm(term: PodAffinityTerm, path: FieldPath, errors: FieldError[]): void {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey } = term;
  errors.push(...validateLabelSelector(labelSelector, `${path}.labelSelector`));
  errors.push(...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`));
  for (const namespace of namespaces) addProblems(errors, `${path}.namespace`, namespace, checkDns1123Label(namespace));
  inspectLabelKeys(term.matchLabelKeys, labelSelector, `${path}.matchLabelKeys`, errors);
  inspectLabelKeys(term.mismatchLabelKeys, labelSelector, `${path}.mismatchLabelKeys`, errors);
  inspectKeysOnce(term, path, errors);
  if (topologyKey === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'));
  addProblems(errors, `${path}.topologyKey`, topologyKey, checkQualifiedName(topologyKey));
}

function inspectLabelKeys(
  keys: readonly string[] = [],
  selector: LabelSelector | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (keys.length === 0) return;
  if (!selector) errors.push(forbidden(path, 'must not be specified when labelSelector is not set'));
  keys.forEach((key, i) => {
    addProblems(errors, `${path}[${i}]`, key, checkQualifiedName(key));
  });
}

/** A key is asked for once: by the selector, or as one that must be the same, or as one that must differ. */
function inspectKeysOnce(term: PodAffinityTerm, path: FieldPath, errors: FieldError[]): void {
  const { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector } = term;
  matchLabelKeys.forEach((key, i) => {
    if (isAlsoSelected(key, 'In', labelSelector)) {
      errors.push(invalid(`${path}[${i}]`, key, 'exists in both matchLabelKeys and labelSelector'));
    }
  });
  mismatchLabelKeys.forEach((key, i) => {
    if (matchLabelKeys.includes(key)) {
      errors.push(
        invalid(`${path}.mismatchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'),
      );
    }
  });
}

/** The server itself adds one expression for each key when it makes the Pod: that one does not count. */
function isAlsoSelected(key: string, own: string, selector: LabelSelector | undefined): boolean {
  if (Object.hasOwn(selector?.matchLabels ?? {}, key)) return true;
  const others = (selector?.matchExpressions ?? []).filter(expression => expression.key === key);
  return others.length > 1 || others.some(expression => expression.operator !== own);
}

const plainOperators = ['Equal', 'Exists'];
const comparingOperators = ['Equal', 'Exists', 'Lt', 'Gt'];
export const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function inspectTolerations(tolerations: readonly Toleration[], path: FieldPath, errors: FieldError[]): void {
  tolerations.forEach((toleration, i) => {
    inspectToleration(toleration, `${path}[${i}]`, errors);
  });
}

function inspectToleration(toleration: Toleration, path: FieldPath, errors: FieldError[]): void {
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
  if (key !== '') addProblems(errors, `${path}.key`, key, checkQualifiedName(key));
  if (key === '' && operator !== 'Exists') {
    const problem = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalid(`${path}.operator`, operator, problem));
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.push(invalid(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
  if (operator === '' || operator === 'Equal') {
    const problems = checkLabelValue(value);
    if (problems.length > 0) errors.push(invalid(`${path}.operator`, value, problems.join(';')));
  } else if (operator === 'Exists') {
    if (value !== '') {
      errors.push(invalid(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    }
  } else {
    const allowed = operator === 'Lt' || operator === 'Gt' ? comparingOperators : plainOperators;
    errors.push(notSupported(`${path}.operator`, operator, allowed));
  }
  if (effect !== '' && !taintEffects.includes(effect)) {
    errors.push(notSupported(`${path}.effect`, effect, taintEffects));
  }
}

const unsatisfiableActions = ['DoNotSchedule', 'ScheduleAnyway'];
const inclusionPolicies = ['Honor', 'Ignore'];

export function inspectSpread(
  constraints: readonly TopologySpreadConstraint[],
  path: FieldPath,
  errors: FieldError[],
): void {
  constraints.forEach((constraint, i) => {
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains } = constraint;
    const at = `${path}[${i}]`;
    if (maxSkew <= 0) errors.push(invalid(`${at}.maxSkew`, maxSkew, aboveZero));
    if (topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    if (!unsatisfiableActions.includes(whenUnsatisfiable)) {
      errors.push(notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, unsatisfiableActions));
    }
    const isRepeated = constraints
      .slice(i + 1)
      .some(other => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (isRepeated) {
      errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`));
    }
    if (minDomains !== undefined) inspectMinDomains(minDomains, whenUnsatisfiable, `${at}.minDomains`, errors);
    for (const name of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const policy = constraint[name];
      if (policy !== undefined && !inclusionPolicies.includes(policy)) {
        errors.push(notSupported(`${at}.${name}`, policy, inclusionPolicies));
      }
    }
    inspectSpreadKeys(constraint, at, errors);
    errors.push(...validateLabelSelector(constraint.labelSelector, `${at}.labelSelector`));
  });
}

function inspectMinDomains(minDomains: number, action: string, path: FieldPath, errors: FieldError[]): void {
  if (minDomains <= 0) errors.push(invalid(path, minDomains, aboveZero));
  if (action !== 'DoNotSchedule') {
    const problem = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`;
    errors.push(invalid(path, minDomains, problem));
  }
}

function inspectSpreadKeys(constraint: TopologySpreadConstraint, path: FieldPath, errors: FieldError[]): void {
  const { matchLabelKeys = [], labelSelector } = constraint;
  const at = `${path}.matchLabelKeys`;
  if (matchLabelKeys.length === 0) return;
  if (!labelSelector) errors.push(forbidden(at, 'must not be specified when labelSelector is not set'));
  matchLabelKeys.forEach((key, i) => {
    addProblems(errors, `${at}[${i}]`, key, checkQualifiedName(key));
  });
}

/** Conditions and gates are names with a domain in front. */
export function inspectNames(names: readonly string[], pathOf: (i: number) => FieldPath, errors: FieldError[]): void {
  names.forEach((name, i) => {
    addProblems(errors, pathOf(i), name, checkQualifiedName(name));
  });
}
