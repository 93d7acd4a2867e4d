/** The official JavaScript client, as somebody's program would use it. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { before, test } from 'node:test';
import {
  CoreV1Api,
  Exec,
  KubeConfig,
  Log,
  PortForward,
  type V1Pod,
  type V1Status,
  Watch,
} from '@kubernetes/client-node';
import { clusterForTests, describeWithNodes } from './test-cluster.ts';

const namespace = 'default';

describeWithNodes('@kubernetes/client-node', import.meta.filename, () => {
  const cluster = clusterForTests('client', 1);
  const config = new KubeConfig();
  let core: CoreV1Api;
  before(() => {
    config.loadFromFile(cluster.kubeconfig);
    assert.equal(config.getCurrentContext(), cluster.name);
    core = config.makeApiClient(CoreV1Api);
  });

  test('lists, creates and watches', async () => {
    const { items } = await core.listNode();
    assert.deepEqual(
      items.map(({ metadata }) => metadata?.name),
      ['node-1'],
    );
    const phases: string[] = [];
    const ready = new Promise<void>((resolve, reject) => {
      const event = (type: string, pod: V1Pod) => {
        const phase = pod.status?.phase ?? '';
        if (phases.at(-1) !== `${type} ${phase}`) phases.push(`${type} ${phase}`);
        if (pod.status?.conditions?.some(each => each.type === 'Ready' && each.status === 'True')) resolve();
      };
      const done = (error: unknown) => reject(error ?? new Error('the watch has ended'));
      new Watch(config).watch(`/api/v1/namespaces/${namespace}/pods`, {}, event, done).then(watch => {
        ready.then(() => watch.abort());
      }, reject);
    });
    const spec = { containers: [{ name: 'hello', image: 'hello:1' }] };
    await core.createNamespacedPod({ namespace, body: { metadata: { name: 'hello' }, spec } });
    await ready;
    assert.equal(phases[0], 'ADDED Pending');
    assert.equal(phases.at(-1), 'MODIFIED Running');
  });

  test('reads logs', async () => {
    assert.equal(
      await core.readNamespacedPodLog({ namespace, name: 'hello' }),
      'serving hello from version 1 on port 3000\n',
    );
  });

  test('executes, with input, output and exit code', async () => {
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const outputs = Promise.all([text(stdout), text(stderr)]);
    const status = new Promise<V1Status>((resolve, reject) => {
      const command = ['sh', '-c', 'read line; echo "got $line"; echo bad >&2; exit 3'];
      new Exec(config).exec(namespace, 'hello', 'hello', command, stdout, stderr, stdin, false, resolve).catch(reject);
    });
    stdin.write('a line\n');
    const { status: outcome, details } = await status;
    stdout.end();
    stderr.end();
    assert.deepEqual(await outputs, ['got a line\n', 'bad\n']);
    assert.equal(outcome, 'Failure');
    assert.deepEqual(
      details?.causes?.map(({ reason, message }) => [reason, message]),
      [['ExitCode', '3']],
    );
  });

  test('forwards a port', async () => {
    const forward = new PortForward(config);
    const server = createServer(socket => {
      // What comes after the first bytes is written to one that has gone.
      socket.on('error', () => {});
      void forward.portForward(namespace, 'hello', [3000], socket, null, socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const socket = connect(address.port, '127.0.0.1');
    socket.write('GET / HTTP/1.0\r\n\r\n');
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), /^HTTP\/1\.[01] 200 OK\r\n/);
    socket.destroy();
    server.close();
  });

  test('follows a log until its Pod is deleted', async () => {
    const followed = new PassThrough();
    await new Log(config).log(namespace, 'hello', 'hello', followed, { follow: true });
    const [line] = await once(followed, 'data');
    assert.equal(String(line), 'serving hello from version 1 on port 3000\n');
    const ended = text(followed);
    await core.deleteNamespacedPod({ namespace, name: 'hello' });
    assert.equal(await ended, '');
  });

  test('reports what the server refuses', async () => {
    await assert.rejects(
      core.readNamespacedPod({ namespace, name: 'none' }),
      (error: { code?: number; body?: string }) => {
        assert.equal(error.code, 404);
        assert.match(String(error.body), /pods \\?"none\\?" not found/);
        return true;
      },
    );
  });
});
