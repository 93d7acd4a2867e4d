import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#api/core/pod.ts';
import { exceededStorage, hasStorageLimits } from '#kubelet/storage-limits.ts';

const mebi = 1 << 20;

function podWith(volumes: object[], limits: Record<string, string | undefined>): Pod {
  const containers = Object.entries(limits).map(([name, limit]) => {
    return { name, resources: limit === undefined ? {} : { limits: { 'ephemeral-storage': limit } } };
  });
  return { metadata: {}, spec: { volumes, containers } } as Pod;
}

test('the first limit of the disk that is exceeded is told of', () => {
  const volumes = [
    { name: 'small', emptyDir: { sizeLimit: '1Mi' } },
    { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
    { name: 'free', emptyDir: {} },
  ];
  const pod = podWith(volumes, { a: '4Mi', b: '6Mi', c: undefined });
  const said = (small: number, free: number, a: number, c: number) =>
    exceededStorage(pod, {
      volumes: new Map([
        ['small', small * mebi],
        ['free', free * mebi],
      ]),
      containers: new Map([
        ['a', a * mebi],
        ['c', c * mebi],
      ]),
    });
  assert.equal(said(1, 4, 4, 1), undefined);
  assert.equal(said(2, 0, 0, 0), 'Usage of EmptyDir volume "small" exceeds the limit "1Mi". ');
  const ofAll = 'Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. ';
  assert.equal(said(0, 10, 0, 1), ofAll);
  assert.equal(said(0, 0, 5, 0), 'Container a exceeded its local ephemeral storage limit "4Mi". ');
  assert.equal(said(0, 0, 0, 9), undefined);

  assert.ok(hasStorageLimits(pod));
  assert.ok(hasStorageLimits(podWith(volumes.slice(0, 1), { a: undefined })));
  assert.ok(!hasStorageLimits(podWith(volumes.slice(1), { a: undefined })));
});
