/** The numbers that a real kubelet wrote into cgroups. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#api/core/pod.ts';
import { containerCgroup, oomScoreAdj, podCgroup, qosClassOf } from '#kubelet/resources.ts';

const nodeBytes = 24_684_096 * 1024;

function podOf(containers: object[], spec: object = {}): Pod {
  const named = containers.map((resources, index) => ({ name: `c${index}`, resources }));
  return { metadata: {}, spec: { containers: named, ...spec } } as Pod;
}

/** `shares quota memory` of the Pod, then of each container. */
function numbers(pod: Pod): string[] {
  const { cpuShares, cpuQuotaUs, memoryLimitBytes } = podCgroup(pod);
  const own = (pod.spec?.containers ?? []).map(container => {
    const cgroup = containerCgroup(pod, container, nodeBytes);
    return `${cgroup.cpuShares} ${cgroup.cpuQuotaUs ?? -1} ${cgroup.memoryLimitBytes || -1}`;
  });
  return [`${qosClassOf(pod)} ${cpuShares} ${cpuQuotaUs ?? -1} ${memoryLimitBytes ?? -1}`, ...own];
}

const cases: [string, Pod, string[]][] = [
  ['requests only', podOf([{ requests: { cpu: '100m' } }]), ['Burstable 102 -1 -1', '102 -1 -1']],
  ['nothing', podOf([{}]), ['BestEffort 2 -1 -1', '2 -1 -1']],
  [
    'Guaranteed',
    podOf([{ requests: { cpu: '250m', memory: '32Mi' }, limits: { cpu: '250m', memory: '32Mi' } }]),
    ['Guaranteed 256 25000 33554432', '256 25000 33554432'],
  ],
  [
    'one container without limits',
    podOf([{ requests: { cpu: '250m', memory: '32Mi' }, limits: { cpu: '250m', memory: '32Mi' } }, {}]),
    ['Burstable 256 -1 -1', '256 25000 33554432', '2 -1 -1'],
  ],
  [
    'two containers',
    podOf([
      { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '500m', memory: '32Mi' } },
      { requests: { cpu: '20m', memory: '64Mi' }, limits: { cpu: '1', memory: '64Mi' } },
    ]),
    ['Burstable 30 150000 100663296', '10 50000 33554432', '20 100000 67108864'],
  ],
  [
    'a thousandth of a CPU',
    podOf([{ requests: { cpu: '1m', memory: '16Mi' }, limits: { cpu: '1m', memory: '16Mi' } }]),
    ['Guaranteed 2 1000 16777216', '2 1000 16777216'],
  ],
  [
    'the Pod for itself',
    podOf([{ requests: { cpu: '20m', memory: '16Mi' }, limits: { cpu: '50m', memory: '32Mi' } }, {}], {
      resources: { requests: { cpu: '100m', memory: '32Mi' }, limits: { cpu: '200m', memory: '64Mi' } },
    }),
    ['Burstable 102 20000 67108864', '20 5000 33554432', '204 20000 67108864'],
  ],
];

for (const [name, pod, expected] of cases) test(`cgroups: ${name}`, () => assert.deepEqual(numbers(pod), expected));

test('who is killed first when memory runs out', () => {
  const score = (resources: object, spec: object = {}) => {
    const pod = podOf([resources], spec);
    return oomScoreAdj(pod, pod.spec?.containers[0] as never, nodeBytes);
  };
  assert.equal(score({}), 1000);
  assert.equal(score({ requests: { memory: '1Gi' } }), 958);
  assert.equal(score({ requests: { cpu: '10m' } }), 999);
  assert.equal(score({ requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } }), -997);
  assert.equal(score({}, { priority: 2_000_001_000 }), -997);
});
