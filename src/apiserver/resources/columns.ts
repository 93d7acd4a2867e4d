/** Columns and cells that many kinds have. */

import type { PodTemplateSpec } from '#api/core/pod-spec.ts';
import type { Column } from '#apiserver/resources/strategy.ts';
import { ageOf } from '#machinery/human-duration.ts';
import type { LabelSelector, ObjectMeta } from '#machinery/meta.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { labelSelectorOf } from '#machinery/selector/label-selector.ts';

export const nameColumn: Column<AnyJson> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  cell: ({ metadata }: { metadata?: ObjectMeta }) => metadata?.name ?? '',
};

export const ageColumn: Column<AnyJson> = {
  name: 'Age',
  type: 'string',
  timed: true,
  cell: ({ metadata }: { metadata?: ObjectMeta }, nowMs) => ageOf(metadata?.creationTimestamp, nowMs),
};

/** `a=b,c=d` by key, or `<none>`. */
export function printedLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? '<none>' : pairs.map(([key, value]) => `${key}=${value}`).join(',');
}

/** `a=b,c in (d)`, or `<none>` when it selects everything or nothing. */
export function printedSelector(selector: LabelSelector | undefined): string {
  try {
    return labelSelectorOf(selector).text || '<none>';
  } catch {
    return '<error>';
  }
}

type TemplateOf<T> = (object: T) => PodTemplateSpec | undefined;

/** `-o wide` of everything that makes Pods. */
export function containerColumns<T>(template: TemplateOf<T>): Column<T>[] {
  const containers = (object: T) => template(object)?.spec?.containers ?? [];
  return [
    {
      name: 'Containers',
      type: 'string',
      priority: 1,
      cell: object =>
        containers(object)
          .map(container => container.name)
          .join(','),
    },
    {
      name: 'Images',
      type: 'string',
      priority: 1,
      cell: object =>
        containers(object)
          .map(container => container.image ?? '')
          .join(','),
    },
  ];
}

export function selectorColumn<T>(selectorOf: (object: T) => LabelSelector | undefined): Column<T> {
  return { name: 'Selector', type: 'string', priority: 1, cell: object => printedSelector(selectorOf(object)) };
}

export function integerColumn<T>(name: string, count: (object: T) => number | undefined): Column<T> {
  return { name, type: 'integer', cell: object => count(object) ?? 0 };
}

/** Declared as text, printed as a number: so upstream has a few. */
export function countColumn<T>(name: string, count: (object: T) => number | undefined): Column<T> {
  return { ...integerColumn(name, count), type: 'string' };
}

export function textColumn<T>(name: string, text: (object: T) => string | undefined, priority = 0): Column<T> {
  return { name, type: 'string', priority, cell: object => text(object) ?? '' };
}

/** The first few of a list: `a,b,c + 2 more...`. */
export function firstOf(items: readonly string[], itemsCount = items.length): string {
  const shown = items.slice(0, shownItemsMax).join(',');
  return itemsCount > shownItemsMax ? `${shown} + ${itemsCount - shownItemsMax} more...` : shown;
}

export const shownItemsMax = 3;
