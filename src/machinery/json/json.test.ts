import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePositional } from '#machinery/json/positional.ts';
import { scanJson } from '#machinery/json/scan.ts';

test('errors are worded as Go words them', () => {
  const cases: Record<string, string> = {
    '': 'unexpected end of JSON input',
    '   ': 'unexpected end of JSON input',
    nonsense: "invalid character 'o' in literal null (expecting 'u')",
    '{"kind":"ConfigMap"': 'unexpected end of JSON input',
    '{"a":1,}': "invalid character '}' looking for beginning of object key string",
    '{"metadata":{"name":"a"}} x': "invalid character 'x' after top-level value",
    '{/*x*/"a":1}': "invalid character '/' looking for beginning of object key string",
    '\ufeff{}': "invalid character 'ï' looking for beginning of value",
    "{'a':1}": "invalid character '\\'' looking for beginning of object key string",
    'metadata:\n': "invalid character 'm' looking for beginning of value",
    '{"k":"a\tb"}': "invalid character '\\t' in string literal",
    '{"k":"\\x"}': "invalid character 'x' in string escape code",
    '{"k":"\\u12g4"}': "invalid character 'g' in \\u hexadecimal character escape",
    '[1 2]': "invalid character '2' after array element",
    '[01]': "invalid character '1' after array element",
    '[1.]': "invalid character ']' after decimal point in numeric literal",
    '[1e]': "invalid character ']' in exponent of numeric literal",
    '[-]': "invalid character ']' in numeric literal",
    '{"a" 1}': "invalid character '1' after object key",
    '{"a":1 "b":2}': "invalid character '\"' after object key:value pair",
  };
  for (const [text, message] of Object.entries(cases)) assert.throws(() => parsePositional(text), { message }, text);
  const deep = `{"x":${'['.repeat(20_000)}`;
  assert.throws(() => parsePositional(deep), { message: "invalid character '[' exceeded max depth" });
});

test('keys are listed by path, those that came twice too', () => {
  const text = '{"spec":{"a":1,"a":2,"list":[{"b":1},{"b":1,"b":2}]},"spec":{}}';
  const { keys, duplicates, value } = parsePositional(text);
  assert.deepEqual(duplicates, ['spec.a', 'spec.list[1].b', 'spec']);
  assert.equal(keys.length, 8);
  assert.deepEqual(value, { spec: {} });
});

test('the scan counts keys, depth and unusual numbers', () => {
  const scan = (text: string) => scanJson(Buffer.from(text));
  assert.deepEqual(scan('{"a:b":"c\\":d\\\\","e":[1,{"f":-2}]}'), { keyCount: 3, unusualNumbers: false, depth: 3 });
  for (const number of ['1.5', '1e3', '1234567890123456', '-1E2'])
    assert.ok(scan(`[${number}]`).unusualNumbers, number);
  assert.equal(scan('["1.5",123456789012345]').unusualNumbers, false);
});

test('whatever JSON.stringify prints is read, and damage is refused where JSON.parse refuses it', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('', '"', '{', '}', ',', '0', 'x', '\\'), (text, at, instead) => {
      assert.deepEqual(parsePositional(text).value, JSON.parse(text));
      const position = at % (text.length + 1);
      const damaged = text.slice(0, position) + instead + text.slice(position + 1);
      assert.equal(
        accepts(() => parsePositional(damaged)),
        accepts(() => JSON.parse(damaged)),
        damaged,
      );
    }),
    { numRuns: 500 },
  );
});

function accepts(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
