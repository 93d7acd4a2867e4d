import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enabledControllers } from '#controllers/enabled.ts';

const known = ['job-controller', 'namespace-controller', 'token-cleaner-controller'];

test('names, minus names and the star choose controllers as upstream does', () => {
  assert.deepEqual(enabledControllers(['*'], known), ['job-controller', 'namespace-controller']);
  assert.deepEqual(enabledControllers(['*', '-job-controller'], known), ['namespace-controller']);
  assert.deepEqual(enabledControllers(['*', 'token-cleaner-controller'], known), known);
  assert.deepEqual(enabledControllers(['namespace-controller'], known), ['namespace-controller']);
  assert.deepEqual(
    enabledControllers(['job-controller', '-job-controller', '*'], known).includes('job-controller'),
    true,
  );
  assert.deepEqual(enabledControllers([], known), []);
  assert.throws(() => enabledControllers(['nonsense'], known), /"nonsense" is not in the list/);
  assert.doesNotThrow(() => enabledControllers(['service-lb-controller'], known));
});
