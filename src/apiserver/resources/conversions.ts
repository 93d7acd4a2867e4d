/** Kinds with several versions: how a version becomes the one that is stored (its hub) and back. */

import { autoscalerConversion } from '#apiserver/resources/autoscaling/v1-conversion.ts';
import { eventConversion } from '#apiserver/resources/events/event-conversion.ts';
import type { Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { FieldRules } from '#machinery/selector/field-selector.ts';

export interface Conversion {
  readonly resource: Resource;
  readonly hub: Resource;
  /** Both make a new object; neither changes the one it is given. */
  readonly toHub: (object: AnyJson) => AnyJson;
  readonly fromHub: (object: AnyJson) => AnyJson;
  /** Field selectors by the version's own names, given as the hub's. */
  readonly fieldRules?: FieldRules;
}

export const conversions: readonly Conversion[] = [eventConversion, autoscalerConversion];
