import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareObjects } from '#machinery/apply/compare.ts';
import { canonical, decoderOf } from '#machinery/codec/decode.ts';
import { setDefaults } from '#machinery/codec/defaults.ts';
import { always, field, list, map, string, struct } from '#machinery/schema.ts';

const Rules = struct(
  'test.v1.Rules',
  { shown: always(1, list(string)), items: field(2, list(string)), labels: field(3, map(string)) },
  {
    defaults(rules) {
      rules.items ??= ['default'];
    },
  },
);
const decoded = (value: object) => decoderOf(Rules)(value, { unknownField: false, wrongValue: false });

test('what is sent empty is told from what is absent until it is stored', () => {
  const sent = decoded({ shown: [], items: [], labels: {} });
  assert.deepEqual(sent, { shown: [], items: [], labels: {} });
  setDefaults(Rules, sent);
  assert.deepEqual(canonical(Rules, sent), { shown: null });
  const absent = decoded({});
  setDefaults(Rules, absent);
  assert.deepEqual(absent, { shown: null, items: ['default'] });
});

test('of what is sent empty only what is always printed has an owner', () => {
  const { added, modified, removed } = compareObjects(Rules, canonical(Rules, {}), decoded({ shown: [], items: [] }));
  assert.deepEqual([added, modified, removed], [{}, { 'f:shown': {} }, {}]);
});
