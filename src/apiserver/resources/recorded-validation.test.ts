import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#testing/fake-clock.ts';
import { replayValidation } from '#testing/recorded-validation.ts';

/** Cases that are known to answer otherwise, and why. */
const gaps: readonly (readonly [pattern: RegExp, why: string])[] = [
  [
    /"path":"\/spec\/(template\/metadata\/labels|capacity)","value":\{\}/,
    'an empty map is read as none, and shown as null',
  ],
  [
    /"remove","path":"\/spec\/(template\/metadata\/labels\/app|capacity\/storage)"/,
    'the same, of a map that was emptied',
  ],
  [/pod.minimal update .*"path":"\/spec\/volumes","value":\[\]/, 'the same, of a list'],
  [/controllerrevision.rich update .*"path":"\/revision"/, 'upstream compares the bytes of raw data, spaces included'],
  [
    /job.minimal .*"path":"\/metadata\/name","value":"a{63}/,
    'labels taken over from the template are looked at too early',
  ],
];

const kinds = [
  'controllerrevision',
  'cronjob',
  'daemonset',
  'deployment',
  'job',
  'namespace',
  'node',
  'persistentvolume',
  'persistentvolumeclaim',
  'pod',
  'podtemplate',
  'replicaset',
  'replicationcontroller',
  'statefulset',
];

for (const kind of kinds) {
  test(`recorded validation: ${kind}`, async () => {
    const { caseCount, differences } = await replayValidation(kind, new FakeClock());
    const unexpected = differences.filter(({ name }) => !gaps.some(([pattern]) => pattern.test(name)));
    assert.ok(caseCount > 10);
    assert.deepEqual(unexpected.slice(0, 3), [], `${unexpected.length} of ${caseCount} cases differ`);
  });
}
