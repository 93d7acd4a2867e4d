import assert from 'node:assert/strict';
import { test } from 'node:test';
import { YamlReader, yamlHereCharactersMax } from '#apiserver/yaml/yaml-reader.ts';
import { systemClock } from '#lib/clock.ts';
import { FakeClock } from '#testing/fake-clock.ts';

const long = (line: (i: number) => string) =>
  Array.from({ length: yamlHereCharactersMax / 4 }, (_, i) => line(i)).join('');

test('long texts are read aside, one after the other, with the same result', async () => {
  const reader = new YamlReader(systemClock);
  try {
    const texts = [
      long(i => `k${i}: 9223372036854775807\n`),
      '{',
      long(() => 'a: b\n'),
      long(() => ': '),
      '__proto__: {a: b}',
    ];
    const results = await Promise.allSettled(texts.map(text => reader.read(text)));
    const [numbers, short, repeated, wrong, proto] = results.map(each =>
      each.status === 'fulfilled' ? each.value : String(each.reason),
    );
    assert.equal(typeof numbers === 'object' && (numbers.value as Record<string, unknown>)['k7'], 9223372036854775807n);
    assert.match(String(short), /^YamlSyntaxError: yaml: /);
    assert.ok(typeof repeated === 'object' && repeated.duplicates[0]?.split('\n').length === 1001);
    assert.match(String(wrong), /^YamlSyntaxError: yaml: mapping values are not allowed/);
    assert.deepEqual(typeof proto === 'object' && Object.keys(proto.value as object), ['__proto__']);
  } finally {
    reader.close();
  }
});

test('a text that takes too long is given up, and those behind it are read', async () => {
  const clock = new FakeClock();
  const reader = new YamlReader(clock);
  try {
    const endless = reader.read(`a: ${'['.repeat(3 << 20)}`);
    const next = reader.read(long(i => `k${i}: v\n`));
    clock.advance(10_000);
    await assert.rejects(endless, { name: 'YamlSyntaxError', message: 'yaml: the document takes too long to read' });
    assert.equal(typeof (await next).value, 'object');
  } finally {
    reader.close();
  }
});

test('as many wait as have room, and the rest may come again', async () => {
  const reader = new YamlReader(new FakeClock());
  const all = Array.from({ length: 33 }, () => reader.read(long(() => 'a: b\n')));
  await assert.rejects(all.pop()!, { reason: 'TooManyRequests', details: { retryAfterSeconds: 1 } });
  reader.close();
  for (const each of await Promise.allSettled(all)) assert.equal(each.status, 'rejected');
});
