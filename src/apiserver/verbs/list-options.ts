/**
 * What a LIST or WATCH asks for: selectors, paging, how fresh, for how long; checked as upstream checks ListOptions
 * (k8s.io/apimachinery/pkg/apis/internalversion/validation).
 */

import type { ResourceRequest } from '#apiserver/request.ts';
import { badRequestError, invalidError } from '#machinery/api-error.ts';
import { compileFieldSelector, parseFieldSelector } from '#machinery/selector/field-selector.ts';
import { compileLabelSelector, parseLabelSelector } from '#machinery/selector/label-selector.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { forbidden, notSupported } from '#machinery/validation/field-error.ts';
import type { Scope, Selector } from '#watch/read.ts';

export interface ListQuery {
  readonly scope: Scope;
  readonly selector: Selector | undefined;
  readonly limit: number | undefined;
  readonly continueToken: string;
  readonly resourceVersion: string;
  readonly match: string;
  readonly sendInitialEvents: boolean | undefined;
  readonly bookmarks: boolean;
  readonly timeoutMs: number | undefined;
}

export function listQuery(request: ResourceRequest, isWatch: boolean): ListQuery {
  const { query } = request;
  const asked = {
    resourceVersion: query.get('resourceVersion') ?? '',
    match: query.get('resourceVersionMatch') ?? '',
    continueToken: query.get('continue') ?? '',
    sendInitialEvents: booleanOf(query.get('sendInitialEvents')),
  };
  const errors = isWatch ? watchErrors(asked) : listErrors(asked);
  if (errors.length > 0) throw invalidError({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  return {
    ...asked,
    ...selection(request),
    limit: numberOf(query.get('limit')),
    bookmarks: booleanOf(query.get('allowWatchBookmarks')) ?? false,
    timeoutMs: secondsOf(query.get('timeoutSeconds')),
  };
}

interface Asked {
  readonly resourceVersion: string;
  readonly match: string;
  readonly continueToken: string;
  readonly sendInitialEvents: boolean | undefined;
}

const matchFirst = 'resourceVersionMatch is forbidden unless resourceVersion is provided';

function listErrors({ resourceVersion, match, continueToken, sendInitialEvents }: Asked): FieldError[] {
  const errors: FieldError[] = [];
  if (match !== '') {
    if (resourceVersion === '') errors.push(forbidden('resourceVersionMatch', matchFirst));
    if (continueToken !== '') {
      errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.push(notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
    } else if (match === 'Exact' && resourceVersion === '0') {
      const why = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"';
      errors.push(forbidden('resourceVersionMatch', why));
    }
  }
  if (sendInitialEvents !== undefined) {
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return errors;
}

function watchErrors({ match, continueToken, sendInitialEvents }: Asked): FieldError[] {
  const errors: FieldError[] = [];
  const wrongMatch = () => {
    if (match !== '' && match !== 'NotOlderThan')
      errors.push(notSupported('resourceVersionMatch', match, ['NotOlderThan']));
  };
  if (sendInitialEvents !== undefined) {
    if (match !== 'NotOlderThan') {
      const why = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
      errors.push(forbidden('resourceVersionMatch', why));
    }
    wrongMatch();
    if (continueToken !== '') {
      errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
    }
  } else if (match !== '') {
    const why = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    errors.push(forbidden('resourceVersionMatch', why));
    wrongMatch();
  }
  return errors;
}

function booleanOf(text: string | null): boolean | undefined {
  if (text === null) return undefined;
  return text !== '0' && text.toLowerCase() !== 'false';
}

/** Like upstream's conversion of query values: what is no number is refused. */
function numberOf(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  const refuse = (why: string) => badRequestError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
  if (!/^[+-]?\d+$/.test(text)) throw refuse('invalid syntax');
  const value = Number(text);
  if (!isInt64(BigInt(text.replace('+', '')))) throw refuse('value out of range');
  return value > 0 ? value : undefined;
}

function secondsOf(text: string | null): number | undefined {
  const seconds = numberOf(text);
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Where to look and which of it: path, labelSelector, fieldSelector. */
export function selection(request: ResourceRequest): { scope: Scope; selector: Selector | undefined } {
  const { served, info, query } = request;
  const { hub } = served.stored;
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '', request.served.fieldRules);
  const inNamespace = hub.namespaced && info.namespace !== '';
  const selected = fields.exactly('metadata.name');
  // The old path of a watch names one object: `/api/v1/watch/namespaces/a/pods/p`.
  const named = info.parts[1];
  if (named !== undefined && fields.text !== '' && selected !== named) {
    throw badRequestError("fieldSelector metadata.name doesn't match requested name");
  }
  const name = named ?? selected;
  const wholeKey = name !== undefined && (inNamespace || !hub.namespaced);
  const scope: Scope = wholeKey
    ? { key: inNamespace ? `${info.namespace}/${name}` : name }
    : inNamespace
      ? { namespace: info.namespace }
      : {};
  if (labels.text === '' && fields.text === '') return { scope, selector: undefined };
  const byLabels = compileLabelSelector(labels);
  const byFields = compileFieldSelector(fields);
  return {
    scope,
    selector: {
      text: `${labels.text}|${fields.text}`,
      matches: entry => byLabels(entry.index.labels) && byFields(entry.index.fields),
    },
  };
}

/** Why it is no version of the store, as Go words it; undefined when it may be one. */
export function versionProblem(text: string): string | undefined {
  const shown = JSON.stringify(text);
  const why = !/^\d+$/.test(text) ? 'invalid syntax' : isUint64(BigInt(text)) ? undefined : 'value out of range';
  return why && `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: ${why}`;
}

/** A number where a version of the store is expected. */
export function versionOf(text: string): number {
  const problem = versionProblem(text);
  if (problem !== undefined) throw badRequestError(`invalid resource version: ${problem}`);
  return Number(text);
}

function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

function isUint64(value: bigint): boolean {
  return BigInt.asUintN(64, value) === value;
}
