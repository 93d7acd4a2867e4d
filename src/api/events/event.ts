import { EventSource } from '#api/core/event-source.ts';
import { ObjectReference } from '#api/core/references.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, microTime, optional, string, struct, time } from '#machinery/schema.ts';

export const EventSeries = struct('io.k8s.api.events.v1.EventSeries', {
  count: always(1, int32, { required: true }),
  lastObservedTime: always(2, microTime, { required: true }),
});
export interface EventSeries extends TypeOf<typeof EventSeries> {}

export const Event = struct(
  'io.k8s.api.events.v1.Event',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    eventTime: always(2, microTime, { required: true }),
    series: optional(3, EventSeries),
    reportingController: field(4, string),
    reportingInstance: field(5, string),
    action: field(6, string),
    reason: field(7, string),
    regarding: always(8, ObjectReference),
    related: optional(9, ObjectReference),
    note: field(10, string),
    type: field(11, string),
    deprecatedSource: always(12, EventSource),
    deprecatedFirstTimestamp: always(13, time),
    deprecatedLastTimestamp: always(14, time),
    deprecatedCount: field(15, int32),
  },
  { gvk: { group: 'events.k8s.io', version: 'v1', kind: 'Event' } },
);
export interface Event extends TypeOf<typeof Event> {}

export const eventsEvents = defineResource({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['ev'],
  schema: Event,
});
