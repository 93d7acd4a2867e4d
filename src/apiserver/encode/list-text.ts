/** Lists as people read them, piece by piece: together the pieces are what the whole list would print. */

import { untypedError } from '#machinery/api-error.ts';
import { stringify } from '#machinery/codec/json.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { toYaml } from '#machinery/yaml-text.ts';

export interface ListText {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: AnyJson;
  readonly items: Iterable<AnyJson>;
}

/** Upstream turns its JSON to YAML, and its reader of YAML refuses characters that JSON may carry as they are. */
const unreadable = /[\x7f-\x84\x86-\x9f\ufffe\uffff]/;

export function yamlOf(object: AnyJson): string {
  if (unreadable.test(stringify(object))) throw untypedError('yaml: control characters are not allowed');
  return toYaml(object);
}

/** A list below a key stands in the key's own column, so each item prints as in a document of its own. */
export function* yamlOfList({ kind, apiVersion, metadata, items }: ListText): Generator<string> {
  let isEmpty = true;
  yield `${toYaml({ apiVersion })}items:`;
  for (const item of items) {
    yield `${isEmpty ? '\n' : ''}${yamlOf([item])}`;
    isEmpty = false;
  }
  yield `${isEmpty ? ' []\n' : ''}${toYaml({ kind })}${toYaml({ metadata })}`;
}

/** Line ends in JSON stand between values only: indenting the text indents the value. */
export function* indentedList({ kind, apiVersion, metadata, items }: ListText): Generator<string> {
  const head = stringify({ kind, apiVersion, metadata }, 2);
  let isEmpty = true;
  yield `${head.slice(0, -2)},\n  "items": [`;
  for (const item of items) {
    yield `${isEmpty ? '' : ','}\n    ${stringify(item, 2).replaceAll('\n', '\n    ')}`;
    isEmpty = false;
  }
  yield isEmpty ? ']\n}' : '\n  ]\n}';
}
