import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress, parseAddress, parseRange, rangeHas } from '#lib/ip.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import { validateCidr, validateIp, validateLegacyIp } from '#machinery/validation/addresses.ts';
import { checkEnvVarName, checkPortName, checkQualifiedName, nameIsDnsSubdomain } from '#machinery/validation/names.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '#machinery/validation/object-meta.ts';
import cases from '../../../test/recorded/machinery/metadata.json' with { type: 'json' };

interface Case {
  readonly name: string;
  readonly metadata: ObjectMeta;
  readonly causes: [string, string][];
}

test('metadata is held against its rules as recorded', () => {
  for (const { name, metadata, causes } of cases as unknown as Case[]) {
    const generated = metadata.name || !metadata.generateName ? {} : { name: `${metadata.generateName}abcde` };
    const meta = { ...structuredClone(metadata), ...generated, namespace: 'ns' };
    for (const [key, value] of Object.entries(meta)) if (value === null) Reflect.deleteProperty(meta, key);
    const errors = validateObjectMeta(meta, { namespaced: true });
    const relevant = causes.filter(([field]) => generated.name === undefined || field !== 'metadata.name');
    const found = errors.filter(error => generated.name === undefined || error.path !== 'metadata.name');
    assert.deepEqual(
      found.map(error => [error.path, error.message]),
      relevant,
      name,
    );
  }
});

test('what identifies an object cannot change', () => {
  const old = {
    name: 'a',
    namespace: 'n',
    uid: 'u',
    generation: 2,
    deletionTimestamp: '2001-01-01T00:00:00Z',
    finalizers: ['a/b'],
  };
  const next = { name: 'b', uid: 'u', namespace: 'n', generation: 1, finalizers: ['c/d', 'a/b'] };
  assert.deepEqual(
    validateObjectMetaUpdate(next, old).map(error => `${error.path}: ${error.message}`),
    [
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d"}',
      'metadata.generation: Invalid value: 1: must not be decremented',
      'metadata.name: Invalid value: "b": field is immutable',
      'metadata.deletionTimestamp: Invalid value: null: field is immutable',
    ],
  );
});

test('names have the forms of upstream', () => {
  assert.deepEqual(nameIsDnsSubdomain('a.b-', true), []);
  assert.notDeepEqual(nameIsDnsSubdomain('a.b-', false), []);
  assert.deepEqual(checkQualifiedName('a.b/c_D'), []);
  assert.deepEqual(checkPortName('grpc-web'), []);
  assert.deepEqual(checkPortName('-12--3'), [
    'must contain at least one letter (a-z)',
    'must not contain consecutive hyphens',
    'must not begin or end with a hyphen',
  ]);
  assert.deepEqual(checkEnvVarName('any thing!'), []);
  assert.equal(checkEnvVarName('a=b').length, 1);
  assert.equal(checkEnvVarName('é').length, 1);
});

test('addresses are strict', () => {
  const wrong = (errors: readonly { message: string }[]) => errors.map(error => error.message.split(': ').at(-1));
  assert.deepEqual(wrong(validateIp('', '2001:DB8::1')), ['must be in canonical form ("2001:db8::1")']);
  assert.deepEqual(wrong(validateLegacyIp('', '2001:DB8::1')), []);
  assert.deepEqual(wrong(validateLegacyIp('', '10.96.0.077')), ['must not have leading 0s']);
  assert.deepEqual(wrong(validateLegacyIp('', '10.96.0.077', ['10.96.0.077'])), []);
  assert.deepEqual(wrong(validateIp('', '::ffff:1.2.3.4')), ['must not be an IPv4-mapped IPv6 address']);
  assert.deepEqual(wrong(validateIp('', '1.2.3')), ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']);
  assert.deepEqual(wrong(validateCidr('', '10.0.0.1/8')), ['must not have bits set beyond the prefix length']);
  assert.deepEqual(wrong(validateCidr('', '10.0.0.0/08')), ['must not have leading 0s in IP or prefix length']);
  assert.deepEqual(wrong(validateCidr('', '::ffff:10.0.0.0/104')), ['must not have an IPv4-mapped IPv6 address']);
  for (const text of [
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::1.2.3',
    '1.2.3.4::',
    'fe80::1%e',
    '256.1.1.1',
  ]) {
    assert.equal(parseAddress(text), undefined, text);
  }
});

test('an address prints as it is read', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV4(), (six, four) => {
      for (const text of [six, four]) {
        const address = parseAddress(text)!;
        const again = parseAddress(formatAddress(address))!;
        assert.deepEqual([again.bits, again.value], [address.bits, address.value]);
        assert.equal(rangeHas(parseRange(`${formatAddress(address)}/17`)!, address), true);
      }
    }),
  );
});
