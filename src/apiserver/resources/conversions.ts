/** Kinds with several versions: how a version becomes the one that is stored (its hub) and back. */

import type { FieldRules } from '#machinery/selector/field-selector.ts';
import type { Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';

export interface Conversion {
  readonly resource: Resource;
  readonly hub: Resource;
  readonly toHub: (object: AnyJson) => AnyJson;
  readonly fromHub: (object: AnyJson) => AnyJson;
  /** Field selectors by the version's own names, given as the hub's. */
  readonly fieldRules?: FieldRules;
}

export const conversions: readonly Conversion[] = [];
