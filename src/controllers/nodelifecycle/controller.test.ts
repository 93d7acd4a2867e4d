/** Nodes that fall silent, on a clock of our own: minutes pass in milliseconds. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { leases } from '#api/coordination/lease.ts';
import { namespaces } from '#api/core/namespace.ts';
import { nodes } from '#api/core/node.ts';
import { pods } from '#api/core/pod.ts';
import { serviceAccounts } from '#api/core/service-account.ts';
import type { Client } from '#client/client.ts';
import { startControllers } from '#controllers/start.ts';
import { rfc3339, rfc3339Micro } from '#lib/clock.ts';
import { silentLog } from '#lib/log.ts';
import { systemRandom } from '#lib/random.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import { inMemoryServer } from '#testing/in-memory-server.ts';

const clock = new FakeClock();

/** Lets everything that was begun come to rest. */
async function settle(): Promise<void> {
  for (let i = 0; i < 40; i++) await setImmediate();
}

async function pass(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    clock.advance(1000);
    await settle();
  }
}

async function makeNode(client: Client, name: string): Promise<void> {
  await client.create(nodes, { metadata: { name } });
  const now = rfc3339(clock.nowMs());
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    message: '',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  await client.patchMerge(nodes, { name }, { status: { conditions: [ready] } }, { subresource: 'status' });
}

async function heartbeat(client: Client, name: string): Promise<void> {
  const ref = { namespace: 'kube-node-lease', name };
  const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: rfc3339Micro(clock.nowMs()) };
  await client.patchMerge(leases, ref, { spec }).catch(() => client.create(leases, { metadata: ref, spec }));
}

test('a silent Node is marked, tainted and emptied; one that is heard of is not', { timeout: 60_000 }, async () => {
  const server = await inMemoryServer(clock);
  const client = server.client();
  const controllers = startControllers({
    client,
    clock,
    random: systemRandom,
    log: silentLog,
    controllers: ['node-lifecycle-controller', 'taint-eviction-controller', 'serviceaccount-controller'],
    rootCaPem: '',
    signLegacyToken: () => '',
    clusterCidr: '10.244.0.0/16',
    freeze: true,
  });
  try {
    await settle();
    await client.create(namespaces, { metadata: { name: 'team' } });
    for (const name of ['silent', 'well', 'fine']) await makeNode(client, name);
    await settle();
    await client.get(serviceAccounts, { namespace: 'team', name: 'default' });
    const toleration = {
      key: 'node.kubernetes.io/unreachable',
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 30,
    };
    const metadata = { namespace: 'team', name: 'p' };
    await client.create(pods, {
      metadata,
      spec: { nodeName: 'silent', containers: [{ name: 'c', image: 'i' }], tolerations: [toleration] },
    });
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: rfc3339(clock.nowMs()) }];
    await client.patchMerge(pods, metadata, { status: { phase: 'Running', conditions } }, { subresource: 'status' });
    for (let i = 0; i < 6; i++) {
      for (const name of ['well', 'fine']) await heartbeat(client, name);
      await pass(10);
    }
    const node = await client.get(nodes, { name: 'silent' });
    const ready = node.status.conditions?.find(each => each.type === 'Ready');
    assert.deepEqual([ready?.status, ready?.reason], ['Unknown', 'NodeStatusUnknown']);
    assert.deepEqual(
      node.spec.taints?.map(({ key, effect }) => `${key}:${effect}`),
      ['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute'],
    );
    const pod = await client.get(pods, metadata);
    assert.equal(pod.status.conditions?.find(each => each.type === 'Ready')?.status, 'False');
    assert.equal(pod.metadata.deletionTimestamp, undefined);
    for (const name of ['well', 'fine']) {
      const other = await client.get(nodes, { name });
      assert.equal(other.status.conditions?.find(each => each.type === 'Ready')?.status, 'True', name);
      await heartbeat(client, name);
    }
    await pass(25);
    const evicted = await client.get(pods, metadata);
    assert.ok(evicted.metadata.deletionTimestamp);
    const why = evicted.status.conditions?.find(each => each.type === 'DisruptionTarget');
    assert.equal(why?.reason, 'DeletionByTaintManager');
  } finally {
    controllers.stop();
    await server.close();
  }
});
