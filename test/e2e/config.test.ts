/** Containers of one Pod share its network and its volumes; ConfigMaps and Secrets come as environment and as files. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps } from '#api/core/config-map.ts';
import { type Pod, pods } from '#api/core/pod.ts';
import { secrets } from '#api/core/secret.ts';
import type { Stored } from '#client/object.ts';
import { clusterForTests, describeWithNodes, type TestCluster } from './test-cluster.ts';

const namespace = 'default';

/**
 * The Pod judges by itself and says it with its exit codes and its termination messages, so that no client of ours stands
 * between: what a container writes there is in the Pod's status.
 */
const report = '/dev/termination-log';

async function finished(cluster: TestCluster, name: string): Promise<Record<string, string>> {
  const selection = { namespace, fieldSelector: `metadata.name=${name}` };
  const [pod] = await cluster.until(pods, selection, ([each]) => hasEnded(each), `${name} to end`);
  const statuses = pod?.status?.containerStatuses ?? [];
  return Object.fromEntries(
    statuses.map(({ name: container, state }) => {
      assert.equal(state?.terminated?.exitCode, 0, JSON.stringify(statuses));
      return [container, state?.terminated?.message ?? ''];
    }),
  );
}

function hasEnded(pod: Stored<Pod> | undefined): boolean {
  return pod?.status?.phase === 'Succeeded' || pod?.status?.phase === 'Failed';
}

function busybox(name: string, script: string, more: object = {}) {
  return { name, image: 'busybox:1.36', command: ['sh', '-ec', script], ...more };
}

describeWithNodes('Pods with configuration', import.meta.filename, () => {
  const cluster = clusterForTests('config', 1);

  test('containers of a Pod share localhost and an emptyDir', async () => {
    const volumeMounts = [{ name: 'shared', mountPath: '/shared' }];
    const server =
      'echo from-a-file > /shared/file; mkdir /tmp/www; echo from-localhost > /tmp/www/index.html; httpd -p 8080 -h /tmp/www; until [ -e /shared/done ]; do sleep 0.05; done';
    const client = `until wget -qO /tmp/page http://127.0.0.1:8080/; do sleep 0.05; done; cat /shared/file /tmp/page > ${report}; touch /shared/done`;
    await cluster.client.create(pods, {
      metadata: { name: 'shared', namespace },
      spec: {
        restartPolicy: 'Never',
        volumes: [{ name: 'shared', emptyDir: {} }],
        containers: [busybox('server', server, { volumeMounts }), busybox('client', client, { volumeMounts })],
      },
    });
    assert.deepEqual(await finished(cluster, 'shared'), { server: '', client: 'from-a-file\nfrom-localhost\n' });
  });

  test('a ConfigMap and a Secret as environment and as files', async () => {
    await cluster.client.create(configMaps, {
      metadata: { name: 'settings', namespace },
      data: { GREETING: 'hello', 'page.txt': 'a page\n' },
    });
    await cluster.client.create(secrets, {
      metadata: { name: 'login', namespace },
      stringData: { password: 's3cret' },
    } as never);
    const script = `{ echo "$GREETING $GREETING_AGAIN $PASSWORD"; cat /settings/page.txt /one/renamed; echo; cat /login/password; echo; stat -Lc %a /login/password; } > ${report}`;
    await cluster.client.create(pods, {
      metadata: { name: 'configured', namespace },
      spec: {
        restartPolicy: 'Never',
        volumes: [
          { name: 'settings', configMap: { name: 'settings' } },
          { name: 'one', configMap: { name: 'settings', items: [{ key: 'GREETING', path: 'renamed' }] } },
          { name: 'login', secret: { secretName: 'login', defaultMode: 0o400 } },
        ],
        containers: [
          busybox('main', script, {
            envFrom: [{ configMapRef: { name: 'settings' } }],
            env: [
              { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } },
              { name: 'GREETING_AGAIN', value: '$(GREETING)!' },
            ],
            volumeMounts: [
              { name: 'settings', mountPath: '/settings' },
              { name: 'one', mountPath: '/one' },
              { name: 'login', mountPath: '/login', readOnly: true },
            ],
          }),
        ],
      },
    });
    const main = 'hello hello! s3cret\na page\nhello\ns3cret\n400\n';
    assert.deepEqual(await finished(cluster, 'configured'), { main });
  });

  test('a changed Secret reaches the file', async () => {
    await cluster.client.create(secrets, {
      metadata: { name: 'rotating', namespace },
      stringData: { key: 'old' },
    } as never);
    const script = `until grep -q new /rotating/key; do sleep 0.1; done; cat /rotating/key > ${report}`;
    await cluster.client.create(pods, {
      metadata: { name: 'reader', namespace },
      spec: {
        restartPolicy: 'Never',
        volumes: [{ name: 'rotating', secret: { secretName: 'rotating' } }],
        containers: [busybox('main', script, { volumeMounts: [{ name: 'rotating', mountPath: '/rotating' }] })],
      },
    });
    const selection = { namespace, fieldSelector: 'metadata.name=reader' };
    await cluster.until(pods, selection, ([pod]) => pod?.status?.phase === 'Running', 'the reader to run');
    await cluster.client.patchMerge(secrets, { namespace, name: 'rotating' }, { stringData: { key: 'new' } });
    assert.deepEqual(await finished(cluster, 'reader'), { main: 'new' });
  });

  test('a Pod waits for the ConfigMap that it names', async () => {
    const env = [{ name: 'LATE', valueFrom: { configMapKeyRef: { name: 'late', key: 'k' } } }];
    await cluster.client.create(pods, {
      metadata: { name: 'waiting', namespace },
      spec: { restartPolicy: 'Never', containers: [busybox('main', `echo $LATE > ${report}`, { env })] },
    });
    const selection = { namespace, fieldSelector: 'metadata.name=waiting' };
    const [pod] = await cluster.until(
      pods,
      selection,
      ([each]) => each?.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
      'the reason why it waits',
    );
    assert.equal(pod?.status?.containerStatuses?.[0]?.state?.waiting?.message, 'configmap "late" not found');
    await cluster.client.create(configMaps, { metadata: { name: 'late', namespace }, data: { k: 'here' } });
    assert.deepEqual(await finished(cluster, 'waiting'), { main: 'here\n' });
  });
});
