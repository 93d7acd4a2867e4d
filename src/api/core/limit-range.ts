import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, map, quantity, string, struct } from '#machinery/schema.ts';

export const LimitRangeItem = struct(
  'io.k8s.api.core.v1.LimitRangeItem',
  {
    type: always(1, string, { required: true, enum: ['Pod', 'Container', 'PersistentVolumeClaim'] }),
    max: field(2, map(quantity)),
    min: field(3, map(quantity)),
    default: field(4, map(quantity)),
    defaultRequest: field(5, map(quantity)),
    maxLimitRequestRatio: field(6, map(quantity)),
  },
  {
    defaults(item) {
      if (item.type !== 'Container') return;
      // A request without a default is the limit's; without that the least that is allowed.
      item.default = { ...item.max, ...item.default };
      item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
    },
  },
);
export interface LimitRangeItem extends TypeOf<typeof LimitRangeItem> {}

export const LimitRangeSpec = struct('io.k8s.api.core.v1.LimitRangeSpec', {
  limits: always(1, list(LimitRangeItem), { required: true }),
});
export interface LimitRangeSpec extends TypeOf<typeof LimitRangeSpec> {}

export const LimitRange = struct(
  'io.k8s.api.core.v1.LimitRange',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, LimitRangeSpec),
  },
  { gvk: { group: '', version: 'v1', kind: 'LimitRange' } },
);
export interface LimitRange extends TypeOf<typeof LimitRange> {}

export const limitRanges = defineResource({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  singular: 'limitrange',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['limits'],
  schema: LimitRange,
});
