import { EventSource } from '#api/core/event-source.ts';
import { ObjectReference } from '#api/core/references.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int32, microTime, optional, string, struct, time } from '#machinery/schema.ts';

export const EventSeries = struct(
  'io.k8s.api.core.v1.EventSeries',
  {
    count: field(1, int32, { doc: 'How often it has happened so far.' }),
    lastObservedTime: always(2, microTime, { doc: 'When it last happened.' }),
  },
  { doc: 'An event that keeps happening.' },
);
export interface EventSeries extends TypeOf<typeof EventSeries> {}

export const Event = struct(
  'io.k8s.api.core.v1.Event',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta, { required: true }),
    involvedObject: always(2, ObjectReference, { required: true, doc: 'Object that it happened to.' }),
    reason: field(3, string, { doc: 'What happened, in CamelCase, for machines.' }),
    message: field(4, string, { doc: 'What happened, for people.' }),
    source: always(5, EventSource, { doc: 'Who reported it.' }),
    firstTimestamp: always(6, time, { doc: 'When it first happened.' }),
    lastTimestamp: always(7, time, { doc: 'When it last happened.' }),
    count: field(8, int32, { doc: 'How often it has happened.' }),
    type: field(9, string, { doc: 'Normal or Warning.' }),
    eventTime: always(10, microTime, { doc: 'When it first happened, to the microsecond.' }),
    series: optional(11, EventSeries, { doc: 'The series that it is part of. Absent for a single event.' }),
    action: field(12, string, { doc: 'What was done about the object.' }),
    related: optional(13, ObjectReference, { doc: 'Another object that has to do with it.' }),
    reportingComponent: always(14, string, { doc: 'Controller that reported it, such as kubelet.' }),
    reportingInstance: always(15, string, { doc: 'Which one of the controllers reported it.' }),
  },
  {
    doc: 'Something that happened to an object. Kept for a while only.',
    gvk: { group: '', version: 'v1', kind: 'Event' },
  },
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
