/**
 * `/openapi/v2` as older clients fetch it: the document as gnostic's `openapi.v2.Document` message, written straight from its
 * JSON. Only what our documents hold is written; values of any type are YAML text, and JSON is YAML.
 */

import type { AnyJson } from '#machinery/schema.ts';

type Part = Buffer | undefined;

const lengthDelimited = 2;
const fixed64 = 1;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

function nested(number: number, ...parts: readonly Part[]): Buffer {
  const content = Buffer.concat(parts.filter(each => each !== undefined));
  return Buffer.concat([varint(number * 8 + lengthDelimited), varint(content.length), content]);
}

function text(number: number, value: unknown): Part {
  return value === undefined || value === '' ? undefined : nested(number, Buffer.from(String(value)));
}

function texts(number: number, values: readonly string[] | undefined): Part[] {
  return (values ?? []).map(each => nested(number, Buffer.from(each)));
}

function flag(number: number, value: unknown): Part {
  return value === true ? Buffer.concat([varint(number * 8), varint(1)]) : undefined;
}

function whole(number: number, value: unknown): Part {
  return typeof value === 'number' && value > 0 ? Buffer.concat([varint(number * 8), varint(value)]) : undefined;
}

function double(number: number, value: unknown): Part {
  if (typeof value !== 'number' || value === 0) return undefined;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(number * 8 + fixed64), bytes]);
}

function any(number: number, value: unknown): Part {
  return value === undefined ? undefined : nested(number, text(2, `${JSON.stringify(value)}\n`));
}

/** One message for each pair: its name and its value. */
function named(number: number, values: AnyJson, value: (each: AnyJson) => readonly Part[]): Part[] {
  return Object.entries(values ?? {}).map(([name, each]) => nested(number, text(1, name), nested(2, ...value(each))));
}

function extensions(number: number, object: AnyJson): Part[] {
  return Object.entries(object)
    .filter(([name]) => name.startsWith('x-'))
    .map(([name, value]) => nested(number, text(1, name), any(2, value)));
}

export function encodeDocument(document: AnyJson): Buffer {
  const { title, version, description } = document.info ?? {};
  const parts = [
    text(1, document.swagger),
    nested(2, text(1, title), text(2, version), text(3, description)),
    nested(8, ...named(2, document.paths, pathItem)),
    nested(9, ...named(1, document.definitions, schema)),
  ];
  return Buffer.concat(parts.filter(each => each !== undefined));
}

const operations = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 };

function pathItem(item: AnyJson): Part[] {
  return [
    ...Object.entries(operations).map(([method, number]) =>
      item[method] === undefined ? undefined : nested(number, ...operation(item[method])),
    ),
    ...(item.parameters ?? []).map((each: AnyJson) => nested(9, ...parameter(each))),
    ...extensions(10, item),
  ];
}

function operation(each: AnyJson): Part[] {
  return [
    ...texts(1, each.tags),
    text(2, each.summary),
    text(3, each.description),
    text(5, each.operationId),
    ...texts(6, each.produces),
    ...texts(7, each.consumes),
    ...(each.parameters ?? []).map((one: AnyJson) => nested(8, ...parameter(one))),
    nested(9, ...named(1, each.responses, response)),
    ...texts(10, each.schemes),
    flag(11, each.deprecated),
    ...extensions(13, each),
  ];
}

function parameter(each: AnyJson): Part[] {
  if (each.$ref !== undefined) return [nested(2, text(1, each.$ref))];
  if (each.in === 'body') {
    const body = [text(1, each.description), text(2, each.name), text(3, each.in), flag(4, each.required)];
    return [nested(1, nested(1, ...body, nested(5, ...schema(each.schema ?? {}))))];
  }
  const isPath = each.in === 'path';
  const typeAt = isPath ? 5 : 6;
  const plain = [
    flag(1, each.required),
    text(2, each.in),
    text(3, each.description),
    text(4, each.name),
    text(typeAt, each.type),
    text(typeAt + 1, each.format),
  ];
  return [nested(1, nested(2, nested(isPath ? 4 : 3, ...plain)))];
}

function response(each: AnyJson): Part[] {
  const body = each.schema === undefined ? undefined : nested(2, nested(1, ...schema(each.schema)));
  return [nested(1, text(1, each.description), body)];
}

function schema(each: AnyJson): Part[] {
  const { additionalProperties: additional, items, properties } = each;
  const types = each.type === undefined ? [] : [each.type].flat();
  return [
    text(1, each.$ref),
    text(2, each.format),
    text(3, each.title),
    text(4, each.description),
    any(5, each.default),
    double(7, each.maximum),
    double(9, each.minimum),
    whole(11, each.maxLength),
    whole(12, each.minLength),
    text(13, each.pattern),
    whole(14, each.maxItems),
    whole(15, each.minItems),
    flag(16, each.uniqueItems),
    ...texts(19, each.required),
    ...(each.enum ?? []).map((one: unknown) => any(20, one)),
    additional === undefined ? undefined : nested(21, additionalOf(additional)),
    types.length === 0 ? undefined : nested(22, ...texts(1, types)),
    items === undefined ? undefined : nested(23, nested(1, ...schema(items))),
    ...(each.allOf ?? []).map((one: AnyJson) => nested(24, ...schema(one))),
    properties === undefined ? undefined : nested(25, ...named(1, properties, schema)),
    ...extensions(31, each),
  ];
}

function additionalOf(additional: AnyJson): Part {
  return typeof additional === 'boolean' ? flag(2, additional) : nested(1, ...schema(additional));
}
