import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  parseQuantity,
  quantityFromMilli,
  quantityFromUnits,
  subtractQuantities,
} from '#machinery/quantity.ts';

test('a quantity prints in its canonical form', () => {
  const cases: Record<string, string> = {
    '1': '1',
    '1000m': '1',
    '0.5': '500m',
    '.5': '500m',
    '1.5': '1500m',
    '1.500': '1.500',
    '1e3': '1e3',
    '1E3': '1E3',
    '10e2': '1e3',
    '1000': '1k',
    '12000': '12k',
    '1234': '1234',
    '+1': '+1',
    ' 1': '1',
    '-1.5': '-1500m',
    '0.0': '0',
    '0m': '0',
    '0Gi': '0',
    '1Gi': '1Gi',
    '1024Mi': '1Gi',
    '1100Mi': '1100Mi',
    '1.5Gi': '1536Mi',
    '-1.5Gi': '-1536Mi',
    '0.5Ki': '512',
    '0.1Ki': '102400m',
    '512Ki': '512Ki',
    '100Ei': '9223372036854775807',
    '99999999999999999999999': '99999999999999999999999',
    '0.0000000001': '1n',
    '-0.0000000001': '-1n',
    '1.00000000000000000001': '1000000001n',
    '1e-2000': '1e-9',
    '1E': '1E',
    '1000E': '1e21',
    '0.00001': '10u',
    '007': '007',
  };
  for (const [given, want] of Object.entries(cases)) assert.equal(canonicalQuantity(given), want, given);
});

test('what is no quantity is refused in the words of upstream', () => {
  const format = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  for (const text of ['', '1Q', 'true', '1.5.5', '1 Gi', 'x', '9'.repeat(5000)]) {
    assert.throws(() => parseQuantity(text), { message: format }, text);
  }
  for (const text of ['1mm', '1e', '1ee5', '1ki', '1e9999999999']) {
    assert.throws(() => parseQuantity(text), { message: "unable to parse quantity's suffix" }, text);
  }
});

test('arithmetic keeps the form of the first that is not zero', () => {
  assert.equal(addQuantities('1Gi', '512Mi'), '1536Mi');
  assert.equal(addQuantities('0', '1Gi'), '1Gi');
  assert.equal(addQuantities('1', '1Gi'), '1073741825');
  assert.equal(addQuantities('100m', '900m'), '1');
  assert.equal(subtractQuantities('1', '250m'), '750m');
  assert.equal(subtractQuantities('0', '1Ki'), '-1Ki');
  assert.equal(compareQuantities('1000m', '1'), 0);
  assert.equal(compareQuantities('-1', '1n'), -1);
  assert.equal(compareQuantities('1e1000', '1Ei'), 1);
});

test('whole units and thousandths are rounded away from zero', () => {
  assert.equal(parseQuantity('1500m').units, 2);
  assert.equal(parseQuantity('-1500m').units, -2);
  assert.equal(parseQuantity('1n').milli, 1);
  assert.equal(parseQuantity('1.5Gi').units, 1536 * 2 ** 20);
  assert.equal(parseQuantity('0.0001').roundUp(-3).toString(), '1m');
  assert.equal(quantityFromUnits(2 ** 30, 'binary').toString(), '1Gi');
  assert.equal(quantityFromMilli(1500).toString(), '1500m');
  assert.equal(parseQuantity('1500m').toNumber(), 1.5);
});

const suffix = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'e-3', 'E6');
const quantityText = fc
  .tuple(fc.constantFrom('', '-'), fc.nat(999_999), fc.option(fc.nat(9999), { nil: undefined }), suffix)
  .map(([sign, whole, fraction, end]) => `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${end}`);

test('printing and reading again is the same amount and the same text', () => {
  fc.assert(
    fc.property(quantityText, text => {
      const once = parseQuantity(text);
      const again = parseQuantity(once.toString());
      assert.equal(again.compare(once), 0);
      assert.equal(again.toString(), once.toString());
    }),
  );
});

test('sums and comparisons agree with exact arithmetic', () => {
  fc.assert(
    fc.property(quantityText, quantityText, (a, b) => {
      const [left, right] = [parseQuantity(a), parseQuantity(b)];
      const sum = left.add(right);
      assert.equal(sum.subtract(right).compare(left), 0);
      assert.equal(left.compare(right), -right.compare(left));
      assert.equal(sum.compare(left), right.sign);
    }),
  );
});
