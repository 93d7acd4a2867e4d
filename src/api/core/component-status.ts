import { ObjectMeta } from '#machinery/meta.ts';
import { defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, string, struct } from '#machinery/schema.ts';

export const ComponentCondition = struct(
  'io.k8s.api.core.v1.ComponentCondition',
  {
    type: always(1, string, { required: true, enum: ['Healthy'], doc: 'Healthy.' }),
    status: always(2, string, { required: true, enum: ['True', 'False', 'Unknown'], doc: 'True, False or Unknown.' }),
    message: field(3, string, { doc: 'What was found.' }),
    error: field(4, string, { doc: 'What went wrong when asking.' }),
  },
  { doc: 'Health of a component.' },
);
export interface ComponentCondition extends TypeOf<typeof ComponentCondition> {}

export const ComponentStatus = struct(
  'io.k8s.api.core.v1.ComponentStatus',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    conditions: field(
      2,
      list(ComponentCondition, { type: 'map', keys: ['type'], patch: ['merge'], mergeKey: 'type' }),
      { doc: 'Health of the component.' },
    ),
  },
  {
    doc: 'Deprecated: health of a part of the control plane.',
    gvk: { group: '', version: 'v1', kind: 'ComponentStatus' },
  },
);
export interface ComponentStatus extends TypeOf<typeof ComponentStatus> {}

export const componentStatuses = defineResource({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  singular: 'componentstatus',
  namespaced: false,
  verbs: ['get', 'list'],
  shortNames: ['cs'],
  schema: ComponentStatus,
  deprecated: 'v1 ComponentStatus is deprecated in v1.19+',
});
