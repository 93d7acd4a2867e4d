/** Clusters that change and stand side by side, as the command line makes them. */

import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { nodes } from '#api/core/node.ts';
import { pods } from '#api/core/pod.ts';
import { loopbackUp } from '#testing/own-network.ts';
import { describeWithNodes, launcher, startProgram, TestCluster } from './test-cluster.ts';

describeWithNodes('clusters side by side', import.meta.filename, () => {
  const first = new TestCluster('left');
  const second = new TestCluster('right');
  before(loopbackUp);
  after(() => Promise.allSettled([first.remove(), second.remove()]));

  test('each has its own, though the addresses are the same', async () => {
    for (const cluster of [first, second]) {
      await cluster.up('--nodes', '1');
      await cluster.loadImages();
      await cluster.client.create(pods, {
        metadata: { name: cluster.name, namespace: 'default' },
        spec: { containers: [{ name: 'hello', image: 'hello:1' }] },
      });
    }
    for (const cluster of [first, second]) {
      const running = await cluster.until(
        pods,
        { namespace: 'default' },
        ([pod]) => pod?.status?.phase === 'Running',
        'the Pod',
      );
      assert.deepEqual(
        running.map(({ metadata }) => metadata.name),
        [cluster.name],
      );
      const said = await cluster.up();
      assert.match(said, /everything was running already/);
    }
  });

  test('a cluster that runs takes a second node, and gives it back', async () => {
    assert.match(await second.up('--nodes', '2'), /changed: the control plane starts anew[\s\S]*nodes ready +\S+ +2: /);
    const [pod] = (await second.client.list(pods, { namespace: 'default' })).items;
    assert.equal(pod?.status?.containerStatuses?.[0]?.restartCount, 0);
    const { items } = await second.client.list(nodes);
    assert.deepEqual(items.map(({ metadata }) => metadata.name).sort(), ['node-1', 'node-2']);
    assert.match(await second.up('--nodes', '1'), /node-2 +\S+ +stopped; to forget it: kubectl delete node node-2/);
    // Its object stays, and is not ready after a while, so `status` may say that not all is well.
    const { stdout } = await second.tryProa('status', '-o', 'json');
    assert.equal(JSON.parse(stdout).running, true);
  });

  test('up says at once why a node cannot be', async () => {
    await second.proa('down');
    const logs = second.path('nodes', 'node-1', 'pod-logs');
    rmSync(logs, { recursive: true });
    writeFileSync(logs, 'not a folder');
    const { code, stderr } = await second.tryProa('up', '-d');
    rmSync(logs);
    assert.equal(code, 1);
    assert.match(stderr, /^proa: the node-1 process has ended: .*EEXIST/);
  });

  test('up without -d ends with Ctrl-C, and its processes with it', async () => {
    const words = [launcher, 'up', '--no-egress', '--name', second.name];
    const foreground = startProgram([process.execPath, ...words], { env: second.environment });
    await foreground.line(/Ctrl-C stops it/);
    assert.equal(JSON.parse(await second.proa('status', '-o', 'json')).running, true);
    await foreground.stop('SIGINT');
    const { code, stdout } = await second.tryProa('status', '-o', 'json');
    assert.equal(code, 1);
    const processes = JSON.parse(stdout).processes as { name: string; pid?: number }[];
    assert.deepEqual(
      processes.filter(({ pid }) => pid !== undefined),
      [],
    );
  });

  test('one goes and the other stays', async () => {
    await second.proa('down', '--purge');
    const { code, stdout } = await first.tryProa('status');
    assert.equal(code, 0, stdout);
  });
});
