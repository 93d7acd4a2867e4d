/** How the items of a list are told apart: by keys, by value, or not at all. */

import type { AnyJson, ListSchema, Schema } from '#machinery/schema.ts';
import { isStruct, resolved } from '#machinery/schema.ts';

/** An item that cannot be named: a null, or one without a key that has no default. */
export class StepError extends Error {
  override name = 'StepError';
}

/** The step to an item of the list (`k:{"name":"c"}`, `v:"x"`), or a StepError. */
export type StepOf = (item: AnyJson) => string;

/** Undefined for a list that is one value. */
export function stepOf(list: ListSchema): StepOf | undefined {
  if (list.type === 'set') return valueStep;
  if (list.type !== 'map') return undefined;
  const items = resolved(list.items);
  const keys = [...list.keys].sort().map(name => ({
    name,
    before: `${JSON.stringify(name)}:`,
    fallback: keyDefault(items, name),
  }));
  return item => {
    let text = '';
    for (const { name, before, fallback } of keys) {
      text += `${text === '' ? 'k:{' : ','}${before}${JSON.stringify(keyOf(item, name, fallback))}`;
    }
    return `${text}}`;
  };
}

/** A key that an item may leave out: its default, or what Go's zero value prints where the field is always there. */
function keyDefault(items: Schema, name: string): AnyJson {
  const field = isStruct(items) ? items.fields[name] : undefined;
  if (field?.default !== undefined) return field.default;
  if (field?.presence !== 'always') return undefined;
  return field.schema.kind === 'string' ? '' : field.schema.kind === 'boolean' ? false : 0;
}

function keyOf(item: AnyJson, name: string, fallback: AnyJson): AnyJson {
  if (item === null) throw new StepError('associative list with keys may not have a null element');
  if (typeof item !== 'object') throw new StepError('associative list with keys may not have non-map elements');
  const value = item[name] ?? fallback;
  if (value !== undefined) return value;
  const detail = `associative list with keys has an element that omits key field "${name}" (and doesn't have default value)`;
  throw new StepError(detail);
}

function valueStep(item: AnyJson): string {
  if (item === null) throw new StepError('associative list without keys has an element that is null');
  if (typeof item === 'object') {
    const kind = Array.isArray(item) ? 'list' : 'map type';
    throw new StepError(`associative list without keys has an element that's a ${kind}`);
  }
  return `v:${JSON.stringify(item)}`;
}
