import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileFieldSelector, escapeValue, parseFieldSelector } from '#machinery/selector/field-selector.ts';
import {
  compileLabelSelector,
  labelSelectorOf,
  labelSelectorOfMap,
  parseLabelSelector,
} from '#machinery/selector/label-selector.ts';
import fieldCases from '../../../test/recorded/machinery/field-selectors.json' with { type: 'json' };
import labelCases from '../../../test/recorded/machinery/label-selectors.json' with { type: 'json' };

interface LabelCase {
  readonly selector: string;
  readonly objects: Record<string, Record<string, string>>;
  readonly want?: string[];
  readonly error?: string;
}

test('label selectors select and fail as recorded', () => {
  for (const { selector, objects, want, error } of labelCases as unknown as LabelCase[]) {
    if (error !== undefined) assert.throws(() => parseLabelSelector(selector), { message: error }, selector);
    else {
      const matches = compileLabelSelector(parseLabelSelector(selector));
      const names = Object.keys(objects).filter(name => matches(objects[name]));
      assert.deepEqual(names.sort(), want, selector);
    }
  }
});

interface FieldCase {
  readonly selector: string;
  readonly want?: string[];
  readonly error?: string;
}

test('field selectors select and fail as recorded', () => {
  const objects = ['a', 'b'].map(name => ({ 'metadata.name': name, 'metadata.namespace': '{{ns}}' }));
  for (const { selector, want, error } of fieldCases as FieldCase[]) {
    if (error !== undefined) assert.throws(() => parseFieldSelector(selector), { message: error }, selector);
    else {
      const matches = compileFieldSelector(parseFieldSelector(selector));
      assert.deepEqual(
        objects.filter(matches).map(object => object['metadata.name']),
        want,
        selector,
      );
    }
  }
});

test('a selector that is absent selects nothing, an empty one everything', () => {
  assert.equal(compileLabelSelector(labelSelectorOf(undefined))({ a: 'b' }), false);
  assert.equal(compileLabelSelector(labelSelectorOf({}))({}), true);
  assert.equal(compileLabelSelector(labelSelectorOfMap({}))({}), false);
  assert.equal(compileLabelSelector(parseLabelSelector('constructor'))({}), false);
});

test('a selector prints as upstream prints it', () => {
  const selector = labelSelectorOf({
    matchLabels: { tier: 'web', app: 'x' },
    matchExpressions: [
      { key: 'env', operator: 'NotIn', values: ['b', 'a', 'b'] },
      { key: 'z', operator: 'DoesNotExist' },
      { key: 'b', operator: 'Exists' },
    ],
  });
  assert.equal(selector.text, 'app=x,b,env notin (a,b),tier=web,!z');
  assert.equal(
    parseFieldSelector('metadata.namespace==b,metadata.name!=a\\,').text,
    'metadata.name!=a\\,,metadata.namespace=b',
  );
  assert.equal(parseFieldSelector('metadata.name=a').exactly('metadata.name'), 'a');
});

const word = fc.constantFrom('a', 'b', 'c', 'in', 'notin', 'x.io/y');
const term = fc.oneof(
  fc
    .tuple(
      word,
      fc.constantFrom('=', '==', '!='),
      word.filter(w => !w.includes('/')),
    )
    .map(parts => parts.join('')),
  fc
    .tuple(word, fc.constantFrom(' in ', ' notin '), fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }))
    .map(([key, operator, values]) => `${key}${operator}(${values.join(',')})`),
  word,
  word.map(key => `!${key}`),
);

test('what a selector prints selects the same', () => {
  const labels = fc.dictionary(word, fc.constantFrom('a', 'b', 'c'));
  fc.assert(
    fc.property(fc.array(term, { minLength: 1, maxLength: 4 }), labels, (terms, object) => {
      const once = parseLabelSelector(terms.join(','));
      const again = parseLabelSelector(once.text);
      assert.equal(again.text, once.text);
      assert.equal(compileLabelSelector(again)(object), compileLabelSelector(once)(object));
    }),
  );
});

test('any text can be a value of a field selector', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), value => {
      const selector = parseFieldSelector(`metadata.name=${escapeValue(value)}`);
      assert.equal(selector.terms[0]?.value, value);
    }),
  );
});
