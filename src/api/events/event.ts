import { EventSource } from '#api/core/event-source.ts';
import { ObjectReference } from '#api/core/references.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, microTime, optional, string, struct, time } from '#machinery/schema.ts';

export const EventSeries = struct(
  'io.k8s.api.events.v1.EventSeries',
  {
    count: always(1, int32, { required: true, doc: 'How often it has happened so far.' }),
    lastObservedTime: always(2, microTime, { required: true, doc: 'When it last happened.' }),
  },
  { doc: 'An event that keeps happening.' },
);
export interface EventSeries extends TypeOf<typeof EventSeries> {}

export const Event = struct(
  'io.k8s.api.events.v1.Event',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    eventTime: always(2, microTime, { required: true, doc: 'When it first happened, to the microsecond.' }),
    series: optional(3, EventSeries, { doc: 'The series that it is part of. Absent for a single event.' }),
    reportingController: field(4, string, { doc: 'Controller that reported it, such as kubelet.' }),
    reportingInstance: field(5, string, { doc: 'Which one of the controllers reported it.' }),
    action: field(6, string, { doc: 'What was done about the object.' }),
    reason: field(7, string, { doc: 'What happened, in CamelCase, for machines.' }),
    regarding: always(8, ObjectReference, { doc: 'Object that it happened to.' }),
    related: optional(9, ObjectReference, { doc: 'Another object that has to do with it.' }),
    note: field(10, string, { doc: 'What happened, for people. Up to 1 KiB.' }),
    type: field(11, string, { doc: 'Normal or Warning.' }),
    deprecatedSource: always(12, EventSource, { doc: 'source of the core version.' }),
    deprecatedFirstTimestamp: always(13, time, { doc: 'firstTimestamp of the core version.' }),
    deprecatedLastTimestamp: always(14, time, { doc: 'lastTimestamp of the core version.' }),
    deprecatedCount: field(15, int32, { doc: 'count of the core version.' }),
  },
  {
    doc: 'Something that happened to an object. Kept for a while only.',
    gvk: { group: 'events.k8s.io', version: 'v1', kind: 'Event' },
  },
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
