import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#api/core/pod.ts';
import { admitPod } from '#kubelet/admission.ts';

const allocatable = { cpu: '2', memory: '1Gi', pods: '110' };

function rejectionOf(spec: object, node: object = {}): string | undefined {
  const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c' }], ...spec } } as Pod;
  const input = { pod, node: { metadata: {}, ...node }, allocatable, others: [], os: 'linux', pressures: [] };
  return admitPod({ ...input, appArmor: false })?.reason;
}

test('a Pod that asks for what the node cannot keep is refused', () => {
  const requesting = (requests: object) => ({ containers: [{ name: 'c', resources: { requests } }] });
  assert.equal(rejectionOf({}), undefined);
  assert.equal(rejectionOf(requesting({ memory: '2Gi' })), 'OutOfmemory');
  // Resources of the cluster as a whole are on no node.
  assert.equal(rejectionOf(requesting({ 'example.com/licence': '1' })), undefined);

  const strict = { securityContext: { supplementalGroupsPolicy: 'Strict' } };
  assert.equal(rejectionOf(strict), 'SupplementalGroupsPolicyNotSupported');
  assert.equal(rejectionOf(strict, { status: { features: { supplementalGroupsPolicy: true } } }), undefined);
  assert.equal(rejectionOf({ securityContext: { supplementalGroupsPolicy: 'Merge' } }), undefined);
});
