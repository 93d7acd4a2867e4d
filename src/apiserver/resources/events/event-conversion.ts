/** events.k8s.io/v1 Event is core/v1 Event with other names for its fields. */

import { events } from '#api/core/event.ts';
import { eventsEvents } from '#api/events/event.ts';
import { badRequestError } from '#machinery/api-error.ts';
import type { AnyJson } from '#machinery/schema.ts';

/** The field of events.k8s.io and the field of the core group. */
const names: Readonly<Record<string, string>> = {
  note: 'message',
  regarding: 'involvedObject',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
};
const namesBack = Object.fromEntries(Object.entries(names).map(([own, core]) => [core, own]));

function renamed(object: AnyJson, by: Readonly<Record<string, string>>, apiVersion: string): AnyJson {
  const out: AnyJson = {};
  for (const [key, value] of Object.entries(object)) out[by[key] ?? key] = value;
  out.apiVersion = apiVersion;
  return out;
}

/** The selectable fields by the names of this version. */
const fields: Readonly<Record<string, string>> = {
  'metadata.name': 'metadata.name',
  'metadata.namespace': 'metadata.namespace',
  'regarding.kind': 'involvedObject.kind',
  'regarding.namespace': 'involvedObject.namespace',
  'regarding.name': 'involvedObject.name',
  'regarding.uid': 'involvedObject.uid',
  'regarding.apiVersion': 'involvedObject.apiVersion',
  'regarding.resourceVersion': 'involvedObject.resourceVersion',
  'regarding.fieldPath': 'involvedObject.fieldPath',
  reason: 'reason',
  reportingController: 'reportingComponent',
  type: 'type',
};

export const eventConversion = {
  resource: eventsEvents,
  hub: events,
  toHub: (object: AnyJson) => renamed(object, names, 'v1'),
  fromHub: (object: AnyJson) => renamed(object, namesBack, 'events.k8s.io/v1'),
  fieldRules: (field: string) => {
    const known = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (known === undefined) throw badRequestError(`field label not supported: ${field}`);
    return known;
  },
};
