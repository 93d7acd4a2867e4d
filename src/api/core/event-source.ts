import type { TypeOf } from '#machinery/schema.ts';
import { field, string, struct } from '#machinery/schema.ts';

export const EventSource = struct(
  'io.k8s.api.core.v1.EventSource',
  {
    component: field(1, string, { doc: 'Program that reported it.' }),
    host: field(2, string, { doc: 'Node that it runs on.' }),
  },
  { doc: 'Who reported an event.' },
);
export interface EventSource extends TypeOf<typeof EventSource> {}
