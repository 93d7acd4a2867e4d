/** A write that was acknowledged is there after the control plane was killed in the middle of others. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { configMaps } from '#api/core/config-map.ts';
import { type RawClient, rawClient } from './raw-request.ts';
import { controlPlaneForTests, type TestCluster } from './test-cluster.ts';

const writersCount = 8;
const writesBeforeKill = 200;
const rounds = 3;

describe('kill -9 of the control plane', () => {
  const cluster = controlPlaneForTests('durable');

  test('every acknowledged write is there afterwards', async () => {
    const acknowledged = new Map<string, string>();
    for (let round = 0; round < rounds; round++) {
      const pid = controlPlanePid(cluster);
      await writeUntilKilled(cluster, round, acknowledged, () => process.kill(pid, 'SIGKILL'));
      await cluster.up();
      assert.notEqual(controlPlanePid(cluster), pid);
      const { items } = await cluster.client.list(configMaps, { namespace: 'default' });
      const found = new Map(items.map(item => [item.metadata.name, item.data?.['k']]));
      // A write under way when it died may or may not be there: only what was acknowledged must.
      for (const [name, value] of acknowledged) assert.equal(found.get(name), value, name);
    }
    assert.ok(acknowledged.size >= rounds * writesBeforeKill);
  });
});

function controlPlanePid(cluster: TestCluster): number {
  return JSON.parse(readFileSync(cluster.path('run', 'control-plane.json'), 'utf8')).pid;
}

async function writeUntilKilled(
  cluster: TestCluster,
  round: number,
  acknowledged: Map<string, string>,
  kill: () => void,
): Promise<void> {
  const client = rawClient(cluster.adminKubeconfig);
  let written = 0;
  const write = async (writer: number) => {
    for (let number = 0; await create(client, `w-${round}-${writer}-${number}`, `${number}`); number++) {
      acknowledged.set(`w-${round}-${writer}-${number}`, `${number}`);
      if (++written === writesBeforeKill) kill();
    }
  };
  await Promise.all(Array.from({ length: writersCount }, (_, writer) => write(writer)));
  client.close();
}

/** False when the server is gone. */
async function create(client: RawClient, name: string, value: string): Promise<boolean> {
  const body = JSON.stringify({ metadata: { name }, data: { k: value } });
  try {
    const { code } = await client.send({ method: 'POST', path: '/api/v1/namespaces/default/configmaps', body });
    assert.equal(code, 201);
    return true;
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return false;
  }
}
