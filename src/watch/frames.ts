/** From events to frames, as one watcher or many with the same selector see them. */

import { must } from '#lib/assert.ts';
import type { MaybeLater } from '#watch/encode.ts';
import type { Encoded } from '#watch/entry.ts';
import type { LogEvent } from '#watch/event-log.ts';
import type { Form, ObjectEvent, WatchForm } from '#watch/form.ts';
import type { Selector } from '#watch/read.ts';

const nothing = new Uint8Array();

const addedForms = new WeakMap<WatchForm, Form>();

/** The ADDED frames of a form, as a form of its own: the initial events of a watch are a list of them. */
export function addedForm(form: WatchForm): Form {
  let added = addedForms.get(form);
  if (added === undefined) {
    added = {
      name: slotName('ADDED', form),
      separator: nothing,
      encode: entry => form.frame({ type: 'ADDED', entry }),
      encodeMany: form.frameMany && (entries => form.frameMany!(entries.map(entry => ({ type: 'ADDED', entry })))),
      fill: form.fill,
    };
    addedForms.set(form, added);
  }
  return added;
}

/**
 * What an event is to a watcher with a selector. An object that begins to match is ADDED, one that ceases to match is DELETED
 * and shown as it was before, at the revision of the event. Undefined: not the watcher's business.
 */
export function seenThrough(selector: Selector | undefined, event: LogEvent): ObjectEvent | undefined {
  const { before, after } = event;
  const was = before !== undefined && (selector === undefined || selector.matches(before));
  const is = after !== undefined && (selector === undefined || selector.matches(after));
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', entry: after };
  return was ? { type: 'DELETED', entry: event.gone() } : undefined;
}

/** The frames of events, in their order: those kept with the entries, and the others made. */
export function framesOf(events: readonly ObjectEvent[], form: WatchForm): MaybeLater<readonly Encoded[]> {
  const kept = events.map(({ type, entry }) => entry.encoded(slotName(type, form)));
  const missing = events.filter((_, i) => kept[i] === undefined);
  if (missing.length === 0) return kept as Encoded[];
  const keep = (made: readonly Encoded[]) => {
    missing.forEach(({ type, entry }, i) => {
      entry.keep(slotName(type, form), made[i]!);
    });
    let next = 0;
    return kept.map(encoded => encoded ?? must(made[next++], 'every event has a frame'));
  };
  return form.frameMany === undefined ? keep(missing.map(form.frame)) : form.frameMany(missing).then(keep);
}

function slotName(type: ObjectEvent['type'], form: WatchForm): string {
  return `${type} ${form.name}`;
}
