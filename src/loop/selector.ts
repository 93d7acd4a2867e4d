/** Label selectors as a kind's spec holds them, compiled once into a test. */

import type { LabelSelector } from '#machinery/meta.ts';
import type { Labels } from '#machinery/selector/label-selector.ts';
import { compileLabelSelector, labelSelectorOf, labelSelectorOfMap } from '#machinery/selector/label-selector.ts';

export type LabelTest = (labels: Labels | undefined) => boolean;

/** Absent selects nothing; empty selects everything. */
export function selectorTest(selector: LabelSelector | undefined): LabelTest {
  return compileLabelSelector(labelSelectorOf(selector));
}

/** The plain map of older kinds (Service, ReplicationController): empty selects nothing. */
export function labelsTest(selector: Labels | undefined): LabelTest {
  return compileLabelSelector(labelSelectorOfMap(selector));
}

export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  if (selector === undefined) return true;
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
}
