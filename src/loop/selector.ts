/** Label selectors as a kind's spec holds them, compiled once into a test. */

import type { LabelSelector } from '#machinery/meta.ts';
import type { Labels } from '#machinery/selector/label-selector.ts';
import { compileLabelSelector, labelSelectorOf, labelSelectorOfMap } from '#machinery/selector/label-selector.ts';

export type LabelTest = (labels: Labels | undefined) => boolean;

/** Objects of the copies never change, so neither does the test of a selector that one of them holds. */
const compiled = new WeakMap<object, LabelTest>();

function once(selector: object | undefined, compile: () => LabelTest): LabelTest {
  if (selector === undefined) return compile();
  let test = compiled.get(selector);
  if (test === undefined) compiled.set(selector, (test = compile()));
  return test;
}

/** Absent selects nothing; empty selects everything. */
export function selectorTest(selector: LabelSelector | undefined): LabelTest {
  return once(selector, () => compileLabelSelector(labelSelectorOf(selector)));
}

/** The plain map of older kinds (Service, ReplicationController): empty selects nothing. */
export function labelsTest(selector: Labels | undefined): LabelTest {
  return once(selector, () => compileLabelSelector(labelSelectorOfMap(selector)));
}

export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  if (selector === undefined) return true;
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
}
