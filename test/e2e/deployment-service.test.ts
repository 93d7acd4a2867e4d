/** A Deployment behind a Service on two nodes: every way to reach it, a rollout without a failed request, and back. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { type Deployment, deployments } from '#api/apps/deployment.ts';
import { pods } from '#api/core/pod.ts';
import { services } from '#api/core/service.ts';
import { endpointSlices } from '#api/discovery/endpoint-slice.ts';
import type { Stored } from '#client/object.ts';
import { clusterNetns, netnsPath } from '#cmd/node/network-names.ts';
import { httpText } from './http-text.ts';
import {
  clusterForTests,
  describeWithNodes,
  kubectlProgram,
  runProgram,
  startProgram,
  type TestCluster,
  withoutKubectl,
} from './test-cluster.ts';

const namespace = 'default';
const nodePort = 31_515;
const onLoopback = `http://127.0.0.1:${nodePort}/`;
const hello = { namespace, name: 'hello' };
const first = 'hello from version 1\n';
const second = 'hello from version 2\n';

const deployment = {
  metadata: { name: 'hello', namespace },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'hello' } },
    // While a Pod still answers, the proxies learn that it goes: upstream loses requests without that, too.
    template: {
      metadata: { labels: { app: 'hello' } },
      spec: {
        terminationGracePeriodSeconds: 10,
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'kubernetes.io/hostname',
            whenUnsatisfiable: 'DoNotSchedule',
            labelSelector: { matchLabels: { app: 'hello' } },
          },
        ],
        containers: [
          {
            name: 'hello',
            image: 'hello:1',
            ports: [{ containerPort: 3000 }],
            readinessProbe: { httpGet: { path: '/', port: 3000 }, periodSeconds: 1 },
            lifecycle: { preStop: { sleep: { seconds: 2 } } },
          },
        ],
      },
    },
  },
};

function isRolledOut(object: Stored<Deployment> | undefined, replicas: number): boolean {
  const { observedGeneration, replicas: all, updatedReplicas, availableReplicas } = object?.status ?? {};
  const complete = all === replicas && updatedReplicas === replicas && availableReplicas === replicas;
  return observedGeneration === object?.metadata.generation && complete;
}

describeWithNodes('a Deployment behind a Service', import.meta.filename, () => {
  const cluster = clusterForTests('service', 2);
  const rolledOut = async (replicas: number) => {
    const selection = { namespace, fieldSelector: 'metadata.name=hello' };
    await cluster.until(deployments, selection, ([each]) => isRolledOut(each, replicas), `${replicas} replicas`);
  };
  const kubectl = (...words: string[]) => cluster.kubectl(kubectlProgram, ...words);

  test('it comes up on both nodes', async () => {
    await cluster.client.create(deployments, deployment as never);
    await cluster.client.create(services, {
      metadata: { name: 'hello', namespace },
      spec: { type: 'NodePort', selector: { app: 'hello' }, ports: [{ port: 3050, targetPort: 3000, nodePort }] },
    } as never);
    await rolledOut(2);
    const { items } = await cluster.client.list(pods, { namespace });
    assert.deepEqual(items.map(({ spec }) => spec?.nodeName).sort(), ['node-1', 'node-2']);
  });

  test("it answers on the host's loopback and on every node's address", async () => {
    assert.equal(await answered(() => httpText(onLoopback)), first);
    for (const address of ['10.250.0.10', '10.250.0.11']) {
      assert.equal(await inCluster(cluster, `http://${address}:${nodePort}/`), first);
    }
  });

  test('it answers Pods by address and by name', async () => {
    const { spec } = await cluster.client.get(services, hello);
    const hosts = [spec?.clusterIP ?? '', 'hello', 'hello.default', 'hello.default.svc.cluster.local'];
    const urls = hosts.map(host => `http://${host}:3050/`);
    for (const nodeName of ['node-1', 'node-2']) {
      assert.equal(await fetchedInPod(cluster, nodeName, urls), first.repeat(hosts.length));
    }
  });

  test('a rollout loses no request', async () => {
    const requests = loopOfRequests();
    await cluster.client.patchStrategic(deployments, hello, imageOf('hello:2'));
    await rolledOut(2);
    const seen = await requests.stop();
    assert.deepEqual(seen.failures, []);
    assert.ok((seen.answers.get(first) ?? 0) > 0 && (seen.answers.get(second) ?? 0) > 0, 'both versions were seen');
    assert.equal(await httpText(onLoopback), second);
  });

  test('rollout status, history and undo', { skip: withoutKubectl }, async () => {
    assert.equal(
      await kubectl('rollout', 'status', 'deployment/hello'),
      'deployment "hello" successfully rolled out\n',
    );
    const history = 'deployment.apps/hello \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n';
    assert.equal(await kubectl('rollout', 'history', 'deployment/hello'), history);
    assert.equal(await kubectl('rollout', 'undo', 'deployment/hello'), 'deployment.apps/hello rolled back\n');
    assert.match(await kubectl('rollout', 'status', 'deployment/hello'), /successfully rolled out\n$/);
    assert.match(await kubectl('rollout', 'history', 'deployment/hello'), /^2 +<none>\n3 +<none>$/m);
    await cluster.until(
      pods,
      { namespace, labelSelector: 'app=hello' },
      all => all.length === 2,
      'the old Pods to be gone',
    );
    assert.equal(await httpText(onLoopback), first);
  });

  test('it scales', async () => {
    if (withoutKubectl === false) {
      assert.equal(await kubectl('scale', 'deployment/hello', '--replicas=5'), 'deployment.apps/hello scaled\n');
    } else await cluster.client.patchMerge(deployments, hello, { spec: { replicas: 5 } });
    await rolledOut(5);
    const slices = { namespace, labelSelector: 'kubernetes.io/service-name=hello' };
    const ready = (objects: Stored<{ endpoints?: readonly { conditions?: { ready?: boolean } }[] }>[]) =>
      objects.flatMap(({ endpoints = [] }) => endpoints).filter(each => each.conditions?.ready).length === 5;
    await cluster.until(endpointSlices as never, slices, ready as never, 'five endpoints');
  });

  test('kubectl get shows all of it', { skip: withoutKubectl }, async () => {
    assert.match(
      await kubectl('get', 'deployments'),
      /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nhello +5\/5 +5 +5 +\S+\n$/,
    );
    assert.match(
      await kubectl('get', 'rs'),
      /^NAME +DESIRED +CURRENT +READY +AGE\n(hello-[a-z0-9]+ +(5 +5 +5|0 +0 +0) +\S+\n){2}$/,
    );
    const rows = (await kubectl('get', 'pods', '-l', 'app=hello', '-o', 'wide')).trim().split('\n');
    assert.match(rows[0] ?? '', /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES$/);
    assert.equal(rows.length, 6);
    for (const row of rows.slice(1)) {
      assert.match(
        row,
        /^hello-[a-z0-9]+-[a-z0-9]{5} +1\/1 +Running +0 +\S+ +10\.244\.[12]\.\d+ +node-[12] +<none> +<none>$/,
      );
    }
    assert.match(
      await kubectl('get', 'nodes'),
      /^NAME +STATUS +ROLES +AGE +VERSION\nnode-1 +Ready +<none> +\S+ +v1\.36\.\d+\nnode-2 +Ready /,
    );
    assert.match(
      await kubectl('get', 'service', 'hello'),
      /hello +NodePort +10\.96\.\d+\.\d+ +<none> +3050:31515\/TCP +\S+\n$/,
    );
    assert.match(
      await kubectl('get', 'events'),
      /Normal +ScalingReplicaSet +deployment\/hello +Scaled up replica set hello-\S+ from 0 to 2$/m,
    );
    assert.match(await kubectl('describe', 'service', 'hello'), /^NodePort: +<unset> +31515\/TCP$/m);
  });

  test('kubectl asks the cluster about itself', { skip: withoutKubectl }, async () => {
    assert.match(
      await kubectl('cluster-info'),
      /Kubernetes control plane.* is running at .*https:\/\/127\.0\.0\.1:\d+/,
    );
    assert.match(await kubectl('api-resources'), /^deployments +deploy +apps\/v1 +true +Deployment$/m);
    assert.match(
      await kubectl('explain', 'deployment.spec.strategy'),
      /FIELD: strategy <DeploymentStrategy>[\s\S]*rollingUpdate\s+<RollingUpdateDeployment>/,
    );
    assert.equal(await kubectl('auth', 'can-i', 'create', 'pods'), 'yes\n');
    const denied = await cluster.tryKubectl(
      kubectlProgram,
      'auth',
      'can-i',
      'list',
      'secrets',
      '--as',
      'system:serviceaccount:default:default',
    );
    assert.deepEqual([denied.code, denied.stdout], [1, 'no\n']);
    const token = (await kubectl('create', 'token', 'default')).trim();
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    assert.equal(claims.sub, 'system:serviceaccount:default:default');
    assert.match(await kubectl('version'), /^Server Version: v1\.36\.\d+$/m);
  });

  test('kubectl forwards a port of a Service', { skip: withoutKubectl }, async () => {
    const forward = startProgram([kubectlProgram, 'port-forward', 'service/hello', ':3050'], {
      env: cluster.environment,
    });
    try {
      const [, port] = await forward.line(/Forwarding from 127\.0\.0\.1:(\d+) -> 3000/);
      assert.equal(await httpText(`http://127.0.0.1:${port}/`), first);
    } finally {
      await forward.stop();
    }
  });
});

function imageOf(image: string) {
  return { spec: { template: { spec: { containers: [{ name: 'hello', image }] } } } };
}

/** Node as a program that fetches addresses and writes what it gets; busybox's wget cannot look names up. */
function fetcher(urls: readonly string[], file: string): string[] {
  const script = `import { appendFileSync } from 'node:fs';
    for (const url of ${JSON.stringify(urls)}) {
      const reply = await fetch(url, { signal: AbortSignal.timeout(5000) });
      appendFileSync('${file}', await reply.text());
    }`;
  return [process.execPath, '--input-type=module', '--eval', script];
}

/** A request from the namespace that stands for the machines around the nodes. */
async function inCluster(cluster: TestCluster, url: string): Promise<string> {
  const enter = ['nsenter', `--net=${netnsPath(clusterNetns(cluster.name))}`];
  const file = cluster.file('fetched', '');
  const { code, stderr } = await runProgram([...enter, ...fetcher([url], file)]);
  assert.equal(code, 0, stderr);
  return readFileSync(file, 'utf8');
}

/** What a Pod on the node gets from the addresses; the machine's own Node, with its libraries, stands in the Pod. */
async function fetchedInPod(cluster: TestCluster, nodeName: string, urls: readonly string[]): Promise<string> {
  const name = `asks-${nodeName}`;
  const folders = ['/usr', '/lib', '/lib64', dirname(process.execPath)].filter(path => existsSync(path));
  const volumes = folders.map((path, index) => ({ name: `folder-${index}`, hostPath: { path } }));
  const volumeMounts = folders.map((mountPath, index) => ({ name: `folder-${index}`, mountPath, readOnly: true }));
  const container = {
    name: 'main',
    image: 'busybox:1.36',
    command: fetcher(urls, '/dev/termination-log'),
    volumeMounts,
  };
  await cluster.client.create(pods, {
    metadata: { name, namespace },
    spec: {
      restartPolicy: 'Never',
      nodeName,
      volumes,
      containers: [{ ...container, terminationMessagePolicy: 'FallbackToLogsOnError' }],
    },
  });
  const ended = (phase: string | undefined) => phase === 'Succeeded' || phase === 'Failed';
  const selection = { namespace, fieldSelector: `metadata.name=${name}` };
  const [pod] = await cluster.until(pods, selection, ([each]) => ended(each?.status?.phase), `${name} to end`);
  const terminated = pod?.status?.containerStatuses?.[0]?.state?.terminated;
  assert.equal(terminated?.exitCode, 0, JSON.stringify(terminated));
  return terminated?.message ?? '';
}

/** The first answer: whoever opens the port on loopback follows the Services, so it may come a moment later. */
async function answered(ask: () => Promise<string>): Promise<string> {
  for (let refusals = 0; ; refusals++) {
    try {
      return await ask();
    } catch (error) {
      if (refusals === 200) throw error;
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }
}

/** Asks without a pause, one request after another on each of four lines. */
function loopOfRequests() {
  let stopped = false;
  const answers = new Map<string, number>();
  const failures: string[] = [];
  const line = async () => {
    while (!stopped) {
      try {
        const text = await httpText(onLoopback);
        answers.set(text, (answers.get(text) ?? 0) + 1);
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const lines = [line(), line(), line(), line()];
  return {
    async stop() {
      stopped = true;
      await Promise.all(lines);
      return { answers, failures };
    },
  };
}
