import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#testing/fake-clock.ts';
import { replayValidation } from '#testing/recorded-validation.ts';

/** Cases that are known to answer otherwise, and why. */
const gaps: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/pod.minimal update .*"path":"\/spec\/volumes","value":\[\]/, 'of updates, empty lists count as absent'],
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
  'deviceclass',
  'flowschema',
  'horizontalpodautoscaler',
  'job',
  'namespace',
  'node',
  'persistentvolume',
  'persistentvolumeclaim',
  'pod',
  'podtemplate',
  'prioritylevelconfiguration',
  'replicaset',
  'replicationcontroller',
  'resourceclaim',
  'resourceslice',
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
