import { ObjectMeta } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, string, struct } from '#machinery/schema.ts';

export const ScaleSpec = struct(
  'io.k8s.api.autoscaling.v1.ScaleSpec',
  {
    replicas: field(1, int32, { doc: 'How many Pods are wanted.' }),
  },
  { doc: 'What is wanted of the scale.' },
);
export interface ScaleSpec extends TypeOf<typeof ScaleSpec> {}

export const ScaleStatus = struct(
  'io.k8s.api.autoscaling.v1.ScaleStatus',
  {
    replicas: always(1, int32, { required: true, doc: 'How many Pods there are.' }),
    selector: field(2, string, { doc: 'Selector of the Pods, as text.' }),
  },
  { doc: 'What is observed of the scale.' },
);
export interface ScaleStatus extends TypeOf<typeof ScaleStatus> {}

export const Scale = struct(
  'io.k8s.api.autoscaling.v1.Scale',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, ScaleSpec),
    status: always(3, ScaleStatus),
  },
  {
    doc: 'How many Pods an object has, whatever its kind.',
    gvk: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  },
);
export interface Scale extends TypeOf<typeof Scale> {}
