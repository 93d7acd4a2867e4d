import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bool, boxed, bytes, enumeration, field, int64, list, mapped, message, string, stringMap } from './message.ts';

interface Thing {
  name: string;
  on?: boolean | undefined;
  size?: number | undefined;
  limit?: number | undefined;
  numbers?: readonly number[] | undefined;
  words?: readonly string[] | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
  state?: 'Ready' | 'NotReady' | undefined;
  inner?: { data: Uint8Array } | undefined;
  seconds?: number | undefined;
}

const Thing = message<Thing>({
  name: field(1, string),
  on: field(2, bool),
  size: field(3, int64),
  limit: field(4, boxed(1, int64)),
  numbers: list(5, int64),
  words: list(6, string),
  labels: stringMap(7),
  state: field(8, enumeration(['Ready', 'NotReady'])),
  inner: field(9, message<{ data: Uint8Array }>({ data: field(1, bytes) })),
  seconds: field(
    20,
    mapped(
      int64,
      ms => ms / 1000,
      seconds => seconds * 1000,
    ),
  ),
});

test('what was not sent reads as nothing of its kind', () => {
  assert.deepEqual(Thing.decode(new Uint8Array(0)), {
    name: '',
    on: false,
    size: 0,
    limit: undefined,
    numbers: [],
    words: [],
    labels: {},
    state: 'Ready',
    inner: undefined,
    seconds: 0,
  });
});

test('the bytes are those of protobuf', () => {
  const hex = (thing: Thing) => Buffer.from(Thing.encode(thing)).toString('hex');
  assert.equal(hex({ name: 'ab', on: true, size: -1 }), '0a0261621001' + '18ffffffffffffffffff01');
  assert.equal(hex({ name: '', limit: 0 }), '22020800', 'a boxed zero is sent');
  assert.equal(hex({ name: '', numbers: [1, 300], words: ['', 'x'] }), '2a0301ac02' + '3200320178');
  assert.equal(hex({ name: '', state: 'NotReady', seconds: 1.5 }), '4001' + 'a001dc0b');
});

test('everything comes back', () => {
  const thing: Thing = {
    name: 'é',
    on: true,
    size: 2 ** 53,
    limit: -5,
    numbers: [0, -1, 2 ** 40],
    words: ['a', ''],
    labels: JSON.parse('{"a":"b","__proto__":"c"}'),
    state: 'NotReady',
    inner: { data: new Uint8Array([1, 2]) },
    seconds: 0.001,
  };
  assert.deepEqual(Thing.decode(Thing.encode(thing)), thing);
});

test('numbers that are not packed, and fields that are not known, are read and passed over', () => {
  // numbers = 7 and 8 one by one; field 30 as varint, fixed64, bytes and fixed32.
  const sent = Buffer.from('28072808' + 'f00101' + 'f1010102030405060708' + 'f20101ff' + 'f50101020304', 'hex');
  assert.deepEqual(Thing.decode(sent).numbers, [7, 8]);
});
