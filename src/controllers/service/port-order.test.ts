/** The order of ports in slices, as a real controller wrote it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fnv128a, inPortOrder } from '#controllers/service/port-order.ts';

test('FNV-1a with 128 bits gives the values of its definition', () => {
  assert.equal(fnv128a('').toString(16), '6c62272e07bb014262b821756295c58d');
  assert.equal(fnv128a('a').toString(16), 'd228cb696f1a8caf78912b704e4a8964');
});

test('ports of a slice are in the order of their hashes, whatever the order in the Service', () => {
  const web = { name: 'web', protocol: 'TCP', port: 8080 };
  const number = { name: 'num', protocol: 'TCP', port: 8081 };
  assert.deepEqual(inPortOrder([web, number]), [number, web]);
  assert.deepEqual(inPortOrder([number, web]), [number, web]);
});
