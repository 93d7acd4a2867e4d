/**
 * Selecting objects by label: `app=web,tier in (a,b),!legacy`. A selector is a list of requirements that must all hold;
 * it is parsed once and compiled to closures, because a LIST or a watcher runs it for every object.
 */

import { badRequestError } from '#machinery/api-error.ts';
import type { LabelSelector as LabelSelectorObject } from '#machinery/meta.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { invalid } from '#machinery/validation/field-error.ts';
import { checkLabelValue, checkQualifiedName } from '#machinery/validation/names.ts';

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Sorted, no value twice. */
  readonly values: readonly string[];
}

export interface LabelSelector {
  /** In the order of the keys. */
  readonly requirements: readonly LabelRequirement[];
  /** Selects no object at all, which no text can say: a selector that is absent. */
  readonly nothing: boolean;
  /** As upstream prints it; equal texts select the same. Empty: everything. */
  readonly text: string;
}

export type Labels = Readonly<Record<string, string>>;

export class SelectorError extends Error {
  override name = 'SelectorError';
}

export const everything: LabelSelector = { requirements: [], nothing: false, text: '' };
export const nothing: LabelSelector = { requirements: [], nothing: true, text: '' };

/** Reads the query parameter `labelSelector`; throws a 400 worded as upstream words it. */
export function parseLabelSelector(text: string): LabelSelector {
  if (text === '') return everything;
  try {
    return selectorOf(new Parser(text).parse());
  } catch (error) {
    if (error instanceof SelectorError) throw badRequestError(error.message);
    throw error;
  }
}

const operatorOf: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/** The selector that an object's `selector` field means: absent selects nothing, empty everything. Throws a SelectorError. */
export function labelSelectorOf(object: LabelSelectorObject | undefined): LabelSelector {
  if (object === undefined) return nothing;
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(object.matchLabels ?? {}))
    requirements.push(requirement(key, '=', [value]));
  for (const { key, operator, values = [] } of object.matchExpressions ?? []) {
    const known = Object.hasOwn(operatorOf, operator) ? operatorOf[operator]! : undefined;
    if (known === undefined) throw new SelectorError(`"${operator}" is not a valid label selector operator`);
    requirements.push(requirement(key, known, values));
  }
  return requirements.length === 0 ? everything : selectorOf(requirements);
}

/** A selector that is a plain map, as Services and ReplicationControllers have it. An empty or absent one selects nothing there. */
export function labelSelectorOfMap(labels: Labels | undefined): LabelSelector {
  const entries = Object.entries(labels ?? {});
  if (entries.length === 0) return nothing;
  return selectorOf(entries.map(([key, value]): LabelRequirement => ({ key, operator: '=', values: [value] })));
}

function selectorOf(requirements: LabelRequirement[]): LabelSelector {
  requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return { requirements, nothing: false, text: requirements.map(requirementText).join(',') };
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`;
    case 'gt':
      return `${key}>${values[0]}`;
    case 'lt':
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}

export function compileLabelSelector(selector: LabelSelector): (labels: Labels | undefined) => boolean {
  if (selector.nothing) return () => false;
  const checks = selector.requirements.map(compileRequirement);
  if (checks.length === 0) return () => true;
  if (checks.length === 1) {
    const only = checks[0]!;
    return labels => only(labels ?? noLabels);
  }
  return (labels = noLabels) => {
    for (const holds of checks) if (!holds(labels)) return false;
    return true;
  };
}

const noLabels: Labels = {};

function compileRequirement({ key, operator, values }: LabelRequirement): (labels: Labels) => boolean {
  // A key such as `constructor` must not find what every object inherits.
  const value = key in Object.prototype ? (labels: Labels) => own(labels, key) : (labels: Labels) => labels[key];
  const [only = ''] = values;
  const set = new Set(values);
  switch (operator) {
    case '=':
    case '==':
      return labels => value(labels) === only;
    case '!=':
      return labels => value(labels) !== only;
    case 'in':
      return values.length === 1 ? labels => value(labels) === only : labels => set.has(value(labels)!);
    case 'notin':
      return values.length === 1 ? labels => value(labels) !== only : labels => !set.has(value(labels)!);
    case 'exists':
      return labels => value(labels) !== undefined;
    case '!':
      return labels => value(labels) === undefined;
    case 'gt':
      return labels => compareTo(value(labels), only) > 0;
    case 'lt':
      return labels => compareTo(value(labels), only) < 0;
  }
}

function own(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** 0 also when the label is absent or no integer: then neither `>` nor `<` holds. */
function compareTo(value: string | undefined, wanted: string): number {
  if (value === undefined || !isInteger(value)) return 0;
  const difference = BigInt(value.replace('+', '')) - BigInt(wanted.replace('+', ''));
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

function isInteger(text: string): boolean {
  if (!/^[+-]?\d{1,64}$/.test(text)) return false;
  const value = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, value) === value;
}

/** Checked as upstream checks it, its messages joined as an aggregate: `[a, b]`. */
function requirement(key: string, operator: LabelOperator, given: readonly string[]): LabelRequirement {
  const values = operator === 'in' || operator === 'notin' ? [...new Set(given)].sort() : given;
  const errors: FieldError[] = [...keyErrors(key, 'key'), ...valueErrors(operator, values)];
  for (const [position, value] of values.entries()) {
    const problems = checkLabelValue(value);
    if (problems.length > 0) errors.push(invalid(`values[${position}][${key}]`, value, problems.join('; ')));
  }
  if (errors.length > 0) throw new SelectorError(aggregate(errors));
  return { key, operator, values };
}

function valueErrors(operator: LabelOperator, values: readonly string[]): FieldError[] {
  const wrong = (detail: string) => [invalid('values', values, detail)];
  switch (operator) {
    case 'in':
    case 'notin':
      return values.length === 0 ? wrong("for 'in', 'notin' operators, values set can't be empty") : [];
    case '=':
    case '==':
    case '!=':
      return values.length === 1 ? [] : wrong('exact-match compatibility requires one single value');
    case 'exists':
    case '!':
      return values.length === 0 ? [] : wrong('values set must be empty for exists and does not exist');
    case 'gt':
    case 'lt': {
      const count = values.length === 1 ? [] : wrong("for 'Gt', 'Lt' operators, exactly one value is required");
      const detail = "for 'Gt', 'Lt' operators, the value must be an integer";
      return [
        ...count,
        ...values.flatMap((value, at) => (isInteger(value) ? [] : [invalid(`values[${at}]`, value, detail)])),
      ];
    }
  }
}

function keyErrors(key: string, path: string): FieldError[] {
  const problems = checkQualifiedName(key);
  return problems.length === 0 ? [] : [invalid(path, key, problems.join('; '))];
}

function aggregate(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(error => `${error.path}: ${error.message}`))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}

type Token = 'end' | 'identifier' | 'in' | 'notin' | ')' | ',' | '!' | '==' | '=' | '>' | '<' | '!=' | '(';

interface Scanned {
  readonly token: Token;
  readonly text: string;
}

const tokens = /[ \t\r\n]*(==|!=|[=!(),<>]|[^=!(),<> \t\r\n\0]+)?/y;
const operators = ['in', 'notin', '=', '==', '!=', 'gt', 'lt'];
const operatorTokens: Readonly<Partial<Record<Token, LabelOperator>>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};

class Parser {
  readonly #scanned: Scanned[] = [];
  #position = 0;

  constructor(text: string) {
    tokens.lastIndex = 0;
    for (;;) {
      const found = tokens.exec(text)?.[1];
      if (found === undefined) break;
      const keyword = found === 'in' || found === 'notin' || /^[=!(),<>]/.test(found);
      this.#scanned.push({ token: keyword ? (found as Token) : 'identifier', text: found });
    }
    this.#scanned.push({ token: 'end', text: '' });
  }

  /** Where a value may stand, `in` and `notin` are words like any other. */
  #look(): Scanned {
    const found = this.#scanned[this.#position] ?? this.#scanned.at(-1)!;
    return found.token === 'in' || found.token === 'notin' ? { token: 'identifier', text: found.text } : found;
  }

  #take(): Scanned {
    const found = this.#look();
    this.#position++;
    return found;
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const { token, text } = this.#look();
      if (token === 'end') return requirements;
      if (token !== 'identifier' && token !== '!') {
        throw new SelectorError(`found '${text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.#requirementInContext());
      const after = this.#take();
      if (after.token === 'end') return requirements;
      if (after.token !== ',') throw new SelectorError(`found '${after.text}', expected: ',' or 'end of string'`);
      const next = this.#look();
      if (next.token !== 'identifier' && next.token !== '!') {
        throw new SelectorError(`found '${next.text}', expected: identifier after ','`);
      }
    }
  }

  #requirementInContext(): LabelRequirement {
    try {
      return this.#requirement();
    } catch (error) {
      if (error instanceof SelectorError) throw new SelectorError(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  #requirement(): LabelRequirement {
    let first = this.#take();
    const negated = first.token === '!';
    if (negated) first = this.#take();
    const key = first.text;
    if (first.token !== 'identifier') throw new SelectorError(`found '${key}', expected: identifier`);
    const errors = keyErrors(key, '<nil>');
    if (errors.length > 0) throw new SelectorError(aggregate(errors));
    const { token } = this.#look();
    if (negated) return requirement(key, '!', []);
    if (token === 'end' || token === ',') return requirement(key, 'exists', []);
    const operator = this.#operator();
    return requirement(
      key,
      operator,
      operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()],
    );
  }

  #operator(): LabelOperator {
    const found = this.#scanned[this.#position++] ?? this.#scanned.at(-1)!;
    const operator = operatorTokens[found.token];
    if (operator === undefined) throw new SelectorError(`found '${found.text}', expected: ${operators.join(', ')}`);
    return operator;
  }

  #values(): string[] {
    const open = this.#take();
    if (open.token !== '(') throw new SelectorError(`found '${open.text}' expected: '('`);
    const { token, text } = this.#look();
    if (token === ')') {
      this.#take();
      return [''];
    }
    if (token !== 'identifier' && token !== ',') {
      throw new SelectorError(`found '${text}', expected: ',', ')' or identifier`);
    }
    const values = this.#identifiers();
    if (this.#take().token !== ')') throw new SelectorError(`found '${text}', expected: ')'`);
    return values;
  }

  /** `a,b`, and with nothing between two commas the empty value. */
  #identifiers(): string[] {
    const values: string[] = [];
    for (;;) {
      const { token, text } = this.#take();
      if (token === 'identifier') {
        values.push(text);
        const next = this.#look();
        if (next.token === ')') return values;
        if (next.token !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or ')'`);
      } else if (token === ',') {
        if (values.length === 0) values.push('');
        const next = this.#look();
        if (next.token === ')') return [...values, ''];
        if (next.token === ',') {
          this.#take();
          values.push('');
        }
      } else throw new SelectorError(`found '${text}', expected: ',', or identifier`);
    }
  }

  #exactValue(): string {
    const { token } = this.#look();
    if (token === 'end' || token === ',') return '';
    const { text } = this.#take();
    if (token === 'identifier') return text;
    throw new SelectorError(`found '${text}', expected: identifier`);
  }
}
