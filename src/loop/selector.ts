/** Label selectors as a kind's spec holds them, compiled once into a test. */

import type { LabelSelector, LabelSelectorRequirement } from '#machinery/meta.ts';

export type Labels = Readonly<Record<string, string>> | undefined;
export type LabelTest = (labels: Labels) => boolean;

/** Absent selects nothing; empty selects everything. */
export function selectorTest(selector: LabelSelector | undefined): LabelTest {
  if (selector === undefined) return () => false;
  const tests = (selector.matchExpressions ?? []).map(requirementTest);
  const exact = Object.entries(selector.matchLabels ?? {});
  return labels => {
    for (const [key, value] of exact) if (labels?.[key] !== value) return false;
    for (const test of tests) if (!test(labels)) return false;
    return true;
  };
}

/** The plain map of older kinds (Service, ReplicationController): empty selects nothing. */
export function labelsTest(selector: Labels): LabelTest {
  if (selector === undefined || Object.keys(selector).length === 0) return () => false;
  return selectorTest({ matchLabels: selector });
}

export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  if (selector === undefined) return true;
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
}

function requirementTest({ key, operator, values = [] }: LabelSelectorRequirement): LabelTest {
  switch (operator) {
    case 'In':
      return labels => labels?.[key] !== undefined && values.includes(labels[key]);
    case 'NotIn':
      return labels => labels?.[key] === undefined || !values.includes(labels[key]);
    case 'Exists':
      return labels => labels?.[key] !== undefined;
    case 'DoesNotExist':
      return labels => labels?.[key] === undefined;
    default:
      return () => false;
  }
}
