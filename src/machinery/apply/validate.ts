/** Whether an applied configuration fits its type, worded as upstream words it: `.spec.replicas: expected numeric …`. */

import { shownPath } from '#machinery/apply/field-set.ts';
import { StepError } from '#machinery/apply/steps.ts';
import { shapeOf } from '#machinery/apply/typed.ts';
import { goFormat, goType } from '#machinery/patch/go-format.ts';
import type { AnyJson, ListSchema, MapSchema, Schema, StructSchema } from '#machinery/schema.ts';
import { resolved } from '#machinery/schema.ts';

/** What is wrong; undefined when nothing is. */
export function configProblem(schema: Schema, config: AnyJson): string | undefined {
  const problems: string[] = [];
  validate(schema, config, '', problems);
  if (problems.length <= 1) return problems[0];
  return ['errors:', ...problems.map(problem => `  ${problem}`)].join('\n');
}

function validate(schema: Schema, value: AnyJson, path: string, problems: string[]): void {
  if (value === null || value === undefined) return;
  const type = resolved(schema);
  switch (type.kind) {
    case 'struct':
      if (!isMap(value)) report(problems, path, `expected map, got ${shownValue(value)}`);
      else validateFields(type as StructSchema, value, path, problems);
      return;
    case 'map':
      if (!isMap(value)) report(problems, path, `expected map, got ${shownValue(value)}`);
      else
        for (const key of Object.keys(value))
          validate((type as MapSchema).values, value[key], `${path}.${key}`, problems);
      return;
    case 'list':
      if (!Array.isArray(value)) report(problems, path, `expected list, got ${shownValue(value)}`);
      else validateItems(type as ListSchema, value, path, problems);
      return;
    default: {
      const problem = scalarProblem(type.kind, value);
      if (problem !== undefined) report(problems, path, problem);
    }
  }
}

function report(problems: string[], path: string, problem: string): void {
  problems.push(path === '' ? problem : `${path}: ${problem}`);
}

function validateFields({ fields }: StructSchema, value: AnyJson, path: string, problems: string[]): void {
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(fields, key)) {
      report(problems, `${path}.${key}`, 'field not declared in schema');
      return;
    }
    validate(fields[key]!.schema, value[key], `${path}.${key}`, problems);
  }
}

function validateItems(list: ListSchema, value: AnyJson[], path: string, problems: string[]): void {
  const shape = shapeOf(list);
  const seen = new Set<string>();
  for (const [at, item] of value.entries()) {
    let step = `i:${at}`;
    if (shape.kind === 'items') {
      try {
        step = shape.step(item);
      } catch (error) {
        if (!(error instanceof StepError)) throw error;
        report(problems, path, `element ${at}: ${error.message}`);
        return;
      }
      if (seen.has(step)) report(problems, path, `duplicate entries for key ${shownPath([step])}`);
      seen.add(step);
    }
    validate(list.items, item, path + shownPath([step]), problems);
  }
}

function scalarProblem(kind: Schema['kind'], value: AnyJson): string | undefined {
  const type = typeof value;
  switch (kind) {
    case 'int32':
    case 'int64':
    case 'double':
      return type === 'number' || type === 'bigint'
        ? undefined
        : `expected numeric (int or float), got ${goType(value)}`;
    case 'boolean':
      return type === 'boolean' ? undefined : `expected boolean, got ${shownValue(value)}`;
    case 'quantity':
    case 'intOrString':
      return type === 'object' ? `expected any scalar, got ${shownValue(value)}` : undefined;
    case 'raw':
    case 'json':
    case 'fieldsV1':
      return undefined;
    default:
      return type === 'string' ? undefined : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
  }
}

function isMap(value: AnyJson): boolean {
  return typeof value === 'object' && !Array.isArray(value);
}

function shownValue(value: AnyJson): string {
  return `&{${goFormat(value)}}`;
}

/** As Go's `%#v` prints it. */
function goSyntax(value: AnyJson): string {
  if (value === null) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (typeof value !== 'object') return typeof value === 'string' ? JSON.stringify(value) : String(value);
  const keys = Object.keys(value).sort();
  return `map[string]interface {}{${keys.map(key => `${JSON.stringify(key)}:${goSyntax(value[key])}`).join(', ')}}`;
}
