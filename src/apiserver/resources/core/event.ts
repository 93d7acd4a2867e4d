/** Events, in both of their versions (upstream: registry/core/event). They are gone after an hour. */

import { isDeepStrictEqual } from 'node:util';
import { type Event, events } from '#api/core/event.ts';
import { ObjectReference } from '#api/core/references.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { addProblems, immutable, metadataAgain } from '#apiserver/resources/messages.ts';
import type { RequestContext, Strategy } from '#apiserver/resources/strategy.ts';
import { ageOf } from '#machinery/human-duration.ts';
import { fieldsOf } from '#machinery/selector/field-selector.ts';
import {
  type FieldError,
  type FieldErrors,
  invalid,
  invalidShown,
  required,
} from '#machinery/validation/field-error.ts';
import { checkPathSegmentName, checkQualifiedName, nameIsDnsSubdomain } from '#machinery/validation/names.ts';

const ttlSeconds = 3600;
const textBytesMax = 128;
const messageBytesMax = 1024;

export const eventStrategy: Strategy<Event> = {
  resource: events,
  // Upstream looks at the name last, and of the new API in another way.
  validateName: () => [],
  allowCreateOnUpdate: true,
  ttlSeconds,
  validateCreate(event, context) {
    const errors = [...validate(event, context), ...(isNew(context) ? strictErrors(event) : [])];
    const name = event.metadata?.name ?? '';
    if (errors.length === 0 && name !== '') addProblems(errors, 'metadata.name', name, checkPathSegmentName(name));
    return errors;
  },
  validateUpdate: (event, old, context) => [
    ...validate(event, context),
    ...(isNew(context) ? [...metadataAgain(event.metadata, true), ...updateErrors(event, old)] : []),
  ],
  fieldRules: fieldsOf([
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ]),
  selectableFields: event => ({
    ...Object.fromEntries(
      (['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const).map(name => [
        `involvedObject.${name}`,
        event.involvedObject?.[name] ?? '',
      ]),
    ),
    reason: event.reason ?? '',
    reportingComponent: event.reportingComponent ?? '',
    source: event.source?.component || event.reportingComponent || '',
    type: event.type ?? '',
  }),
  columns: [
    { name: 'Last Seen', type: 'string', timed: true, cell: (event, nowMs) => ageOf(lastSeen(event), nowMs) },
    { name: 'Type', type: 'string', cell: ({ type }) => type ?? '' },
    { name: 'Reason', type: 'string', cell: ({ reason }) => reason ?? '' },
    { name: 'Object', type: 'string', cell: ({ involvedObject }) => printedObject(involvedObject) },
    { name: 'Subobject', type: 'string', priority: 1, cell: ({ involvedObject }) => involvedObject?.fieldPath ?? '' },
    { name: 'Source', type: 'string', priority: 1, cell: printedSource },
    { name: 'Message', type: 'string', cell: ({ message }) => (message ?? '').trim() },
    {
      name: 'First Seen',
      type: 'string',
      priority: 1,
      timed: true,
      cell: (event, nowMs) => ageOf(firstSeen(event), nowMs),
    },
    { name: 'Count', type: 'string', priority: 1, cell: ({ series, count }) => (series ? series.count : count) || 1 },
    { name: 'Name', type: 'string', priority: 1, format: 'name', cell: ({ metadata }) => metadata?.name ?? '' },
  ],
};

const firstSeen = ({ firstTimestamp, eventTime }: Event) => firstTimestamp || eventTime || undefined;
const lastSeen = (event: Event) => event.series?.lastObservedTime || event.lastTimestamp || firstSeen(event);

function printedObject({ kind = '', name = '' }: ObjectReference = {}): string {
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

function printedSource({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || '';
  const host = source?.host || reportingInstance || '';
  return host === '' ? component : `${component}, ${host}`;
}

const isNew = ({ apiVersion }: RequestContext): boolean => apiVersion === 'events.k8s.io/v1';

/** Both versions. Events with an eventTime are of the new kind, however they came. */
function validate(event: Event, context: RequestContext): FieldErrors {
  const errors: FieldError[] = [];
  const { metadata, involvedObject, eventTime } = event;
  const namespace = metadata?.namespace ?? '';
  const about = involvedObject?.namespace ?? '';
  const mismatch = () => errors.push(invalid('involvedObject.namespace', about, 'does not match event.namespace'));
  if (!eventTime) {
    if (about === '' ? namespace !== '' && namespace !== 'default' : namespace !== about) mismatch();
    return errors;
  }
  if (about === '' && namespace !== 'default' && namespace !== 'kube-system') mismatch();
  const { reportingComponent: reporter = '', reportingInstance = '', action = '', reason = '', message = '' } = event;
  const reporterPath = isNew(context) ? 'reportingController' : 'reportingComponent';
  if (reporter === '') errors.push(required(reporterPath));
  addProblems(errors, reporterPath, reporter, checkQualifiedName(reporter));
  for (const [path, text] of Object.entries({ reportingInstance, action, reason })) {
    if (text === '') errors.push(required(path));
    if (Buffer.byteLength(text) > textBytesMax) {
      errors.push(invalid(path, '', `can have at most ${textBytesMax} characters`));
    }
  }
  if (Buffer.byteLength(message) > messageBytesMax) {
    errors.push(invalid('message', '', `can have at most ${messageBytesMax} characters`));
  }
  return errors;
}

/** What only the new version asks for. */
function strictErrors(event: Event): FieldErrors {
  const { type = '', source } = event;
  const errors: FieldError[] = [...seriesErrors(event)];
  const name = event.metadata?.name ?? '';
  if (name !== '') addProblems(errors, 'metadata.name', name, nameIsDnsSubdomain(name));
  if (!event.eventTime) errors.push(required('eventTime'));
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalid('type', '', `has invalid value: ${type}`));
  const unset = 'needs to be unset';
  if (event.firstTimestamp) errors.push(invalid('firstTimestamp', '', unset));
  if (event.lastTimestamp) errors.push(invalid('lastTimestamp', '', unset));
  if (event.count) errors.push(invalid('count', '', unset));
  if (source?.component || source?.host) errors.push(invalid('source', '', unset));
  return errors;
}

function seriesErrors({ series }: Event): FieldErrors {
  if (series === undefined) return [];
  return [
    ...((series.count ?? 0) < 2 ? [invalid('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime ? [] : [required('series.lastObservedTime')]),
  ];
}

function updateErrors(event: Event, old: Event): FieldErrors {
  const errors: FieldError[] = isDeepStrictEqual(event.series, old.series) ? [] : [...seriesErrors(event)];
  const reference = (field: 'involvedObject' | 'related') => {
    if (isDeepStrictEqual(event[field], old[field])) return;
    errors.push(invalidShown(field, internalJson(ObjectReference, event[field]), immutable));
  };
  const text = (field: keyof Event, path: string = field) => {
    if ((event[field] ?? '') !== (old[field] ?? '')) errors.push(invalid(path, event[field] ?? '', immutable));
  };
  reference('involvedObject');
  text('reason');
  text('reportingComponent', 'reportingController');
  text('reportingInstance');
  text('action');
  text('reason'); // Upstream looks twice.
  reference('related');
  text('type');
  if ((event.eventTime ?? '') !== (old.eventTime ?? '')) errors.push(invalid('eventTime', event.eventTime, immutable));
  return errors;
}
