import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, map, quantity, string, struct } from '#machinery/schema.ts';

export const LimitRangeItem = struct(
  'io.k8s.api.core.v1.LimitRangeItem',
  {
    type: always(1, string, {
      required: true,
      enum: ['Pod', 'Container', 'PersistentVolumeClaim'],
      doc: 'Container, Pod or PersistentVolumeClaim.',
    }),
    max: field(2, map(quantity), { doc: 'The most of each resource.' }),
    min: field(3, map(quantity), { doc: 'The least of each resource.' }),
    default: field(4, map(quantity), { doc: 'Limits for containers that have none.' }),
    defaultRequest: field(5, map(quantity), { doc: 'Requests for containers that have none.' }),
    maxLimitRequestRatio: field(6, map(quantity), {
      doc: 'The most that a limit may be, as a multiple of the request.',
    }),
  },
  {
    doc: 'Limits for one kind of thing.',
    defaults(item) {
      if (item.type !== 'Container') return;
      // A request without a default is the limit's; without that the least that is allowed.
      item.default = { ...item.max, ...item.default };
      item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
    },
  },
);
export interface LimitRangeItem extends TypeOf<typeof LimitRangeItem> {}

export const LimitRangeSpec = struct(
  'io.k8s.api.core.v1.LimitRangeSpec',
  {
    limits: always(1, list(LimitRangeItem), { required: true, doc: 'Limits, one entry for each kind of thing.' }),
  },
  { doc: 'The limits of a namespace.' },
);
export interface LimitRangeSpec extends TypeOf<typeof LimitRangeSpec> {}

export const LimitRange = struct(
  'io.k8s.api.core.v1.LimitRange',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, LimitRangeSpec),
  },
  {
    doc: 'Limits and defaults for each Pod, container or claim of a namespace.',
    gvk: { group: '', version: 'v1', kind: 'LimitRange' },
  },
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
