import { EventSource } from '#api/core/event-source.ts';
import { ObjectReference } from '#api/core/references.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, microTime, optional, string, struct, time } from '#machinery/schema.ts';

export const EventSeries = struct('io.k8s.api.core.v1.EventSeries', {
  count: field(1, int32),
  lastObservedTime: always(2, microTime),
});
export interface EventSeries extends TypeOf<typeof EventSeries> {}

export const Event = struct(
  'io.k8s.api.core.v1.Event',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta, { required: true }),
    involvedObject: always(2, ObjectReference, { required: true }),
    reason: field(3, string),
    message: field(4, string),
    source: always(5, EventSource),
    firstTimestamp: always(6, time),
    lastTimestamp: always(7, time),
    count: field(8, int32),
    type: field(9, string),
    eventTime: always(10, microTime),
    series: optional(11, EventSeries),
    action: field(12, string),
    related: optional(13, ObjectReference),
    reportingComponent: always(14, string),
    reportingInstance: always(15, string),
  },
  { gvk: { group: '', version: 'v1', kind: 'Event' } },
);
export interface Event extends TypeOf<typeof Event> {}

export const events = defineResource({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['ev'],
  schema: Event,
});
