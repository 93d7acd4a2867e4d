import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { durationMs, formatDuration, parseDuration } from '#machinery/duration.ts';
import { humanDuration } from '#machinery/human-duration.ts';
import { scaledValue } from '#machinery/int-or-string.ts';

test('durations are read and printed as Go does', () => {
  const cases: Record<string, string> = {
    '0': '0s',
    '1h': '1h0m0s',
    '90s': '1m30s',
    '1.5s': '1.5s',
    '.5m': '30s',
    '1.m': '1m0s',
    '1h1m1s1ms1us1ns': '1h1m1.001001001s',
    '-1.5h': '-1h30m0s',
    '100us': '100µs',
    '1500µs': '1.5ms',
    '12ns': '12ns',
    '2562047h47m16.854775807s': '2562047h47m16.854775807s',
  };
  for (const [given, want] of Object.entries(cases)) assert.equal(formatDuration(parseDuration(given)!), want, given);
  for (const text of ['', '1', '1d', '.s', 's', '1 h', '--1s', '2562047h47m16.854775808s']) {
    assert.equal(parseDuration(text), undefined, text);
  }
  assert.equal(durationMs('1.5s'), 1500);
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), span =>
      assert.equal(parseDuration(formatDuration(span)), span),
    ),
  );
});

test('ages have at most two units', () => {
  const second = 1000;
  const day = 86_400 * second;
  const cases: [number, string][] = [
    [-5 * second, '<invalid>'],
    [-1 * second, '0s'],
    [119 * second, '119s'],
    [120 * second, '2m'],
    [330 * second, '5m30s'],
    [600 * second, '10m'],
    [179 * 60 * second, '179m'],
    [3 * 3600 * second + 720 * second, '3h12m'],
    [47 * 3600 * second, '47h'],
    [2 * day, '2d'],
    [3 * day + 3600 * second, '3d1h'],
    [8 * day, '8d'],
    [729 * day, '729d'],
    [775 * day, '2y45d'],
    [3000 * day, '8y'],
  ];
  for (const [ms, want] of cases) assert.equal(humanDuration(ms), want);
});

test('a percentage is rounded as asked', () => {
  assert.equal(scaledValue('25%', 10, 'up'), 3);
  assert.equal(scaledValue('25%', 10, 'down'), 2);
  assert.equal(scaledValue(7, 10, 'up'), 7);
  assert.equal(scaledValue('7', 10, 'up'), undefined);
});
