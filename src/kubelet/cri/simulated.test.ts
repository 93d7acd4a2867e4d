import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '#lib/random.ts';
import { FakeClock } from '#testing/fake-clock.ts';
import type { ContainerConfig, PodSandboxConfig, RuntimeEvent, StringMap } from './runtime.ts';
import { SimulatedRuntime } from './simulated.ts';
import { durationMs } from './simulated-behaviour.ts';
import { planCommand } from './simulated-command.ts';

function setUp(podCidr = '10.244.1.0/24') {
  const clock = new FakeClock();
  const log: string[] = [];
  const logs = {
    open() {},
    write: (path: string, line: string) => void log.push(`${path} ${line.replace(/^\S+ /, '').trimEnd()}`),
    remove: (path: string) => void log.push(`${path} is removed`),
  };
  const runtime = new SimulatedRuntime({ clock, random: systemRandom, podCidr, logs });
  return { clock, log, runtime };
}

function pod(name: string, annotations: StringMap = {}): PodSandboxConfig {
  return { metadata: { name, namespace: 'default', uid: name }, annotations, logDirectory: `/logs/${name}` };
}

/** Lets promises and microtasks that are ready run, without any time going by. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

async function start(runtime: SimulatedRuntime, config: PodSandboxConfig, container: Partial<ContainerConfig> = {}) {
  const sandboxId = await runtime.runPodSandbox(config);
  await runtime.pullImage({ image: 'web:1' });
  const full = { metadata: { name: 'c' }, image: { image: 'web:1' }, logPath: 'c/0.log', ...container };
  const id = await runtime.createContainer(sandboxId, full);
  await runtime.startContainer(id);
  return { sandboxId, id };
}

test('a script runs on the clock, prints, ends, and tells so', async () => {
  const { clock, log, runtime } = setUp();
  const events: RuntimeEvent[] = [];
  runtime.events(event => events.push(event));
  const { sandboxId, id } = await start(runtime, pod('a'), {
    command: ['sh', '-c'],
    args: [`echo begin; sleep 2 && echo "it's $NAME"; exit 3`],
    envs: [{ key: 'NAME', value: 'me' }],
  });
  clock.advance(1_999);
  assert.equal((await runtime.containerStatus(id)).state, 'Running');
  clock.advance(1);
  const status = await runtime.containerStatus(id);
  assert.deepEqual([status.state, status.exitCode, status.reason], ['Exited', 3, 'Error']);
  assert.equal(status.finishedAtMs - status.startedAtMs, 2_000);
  assert.deepEqual(log, ['/logs/a/c/0.log stdout F begin', "/logs/a/c/0.log stdout F it's me"]);
  await settle();
  assert.deepEqual(events, [
    { type: 'relist' },
    { type: 'started', id: sandboxId },
    { type: 'started', id },
    { type: 'exited', id, exitCode: 3 },
  ]);
});

test('thousands of containers that only run set no timer', async () => {
  const { clock, runtime } = setUp('10.244.0.0/16');
  for (let index = 0; index < 3_000; index++) await start(runtime, pod(`p${index}`));
  assert.equal(clock.nextMs(), undefined);
  assert.equal((await runtime.listContainers({ state: 'Running' })).length, 3_000);
  for (const { id } of await runtime.listPodSandboxes()) await runtime.removePodSandbox(id);
  assert.deepEqual(await runtime.listContainers(), []);
});

test('addresses are of the range, unique, and come back', async () => {
  const { runtime } = setUp('10.244.1.0/29');
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) ids.push(await runtime.runPodSandbox(pod(`p${index}`)));
  const ips = await Promise.all(ids.map(async id => (await runtime.podSandboxStatus(id)).ip));
  assert.deepEqual(ips, ['10.244.1.2', '10.244.1.3', '10.244.1.4', '10.244.1.5', '10.244.1.6']);
  await assert.rejects(
    runtime.runPodSandbox(pod('one-more')),
    /no IP addresses available in range set: 10.244.1.0\/29/,
  );
  await runtime.stopPodSandbox(ids[2] ?? '');
  const again = await runtime.runPodSandbox(pod('again'));
  assert.equal((await runtime.podSandboxStatus(again)).ip, '10.244.1.4');
});

test('stopping waits for the grace period and kills after it', async () => {
  const { clock, runtime } = setUp();
  const slow = await start(runtime, pod('slow', { 'simulated.proa.dev/stop-delay': '5s' }));
  const deaf = await start(runtime, pod('deaf', { 'simulated.proa.dev/c.stop-delay': '1h' }));
  const stops = [runtime.stopContainer(slow.id, 30), runtime.stopContainer(deaf.id, 30)];
  clock.advance(30_000);
  await Promise.all(stops);
  const [a, b] = [await runtime.containerStatus(slow.id), await runtime.containerStatus(deaf.id)];
  assert.deepEqual([a.exitCode, a.finishedAtMs - a.startedAtMs], [0, 5_000]);
  assert.deepEqual([b.exitCode, b.finishedAtMs - b.startedAtMs], [137, 30_000]);
});

test('faults come by annotation', async () => {
  const { clock, runtime } = setUp();
  await assert.rejects(start(runtime, pod('a', { 'simulated.proa.dev/sandbox-error': 'no network' })), {
    code: 'Unknown',
    message: 'no network',
  });
  await assert.rejects(start(runtime, pod('b', { 'simulated.proa.dev/start-error': 'exec format error' })), {
    message: 'exec format error',
  });
  const [failed] = await runtime.listContainers();
  const status = await runtime.containerStatus(failed?.id ?? '');
  assert.deepEqual([status.state, status.exitCode, status.reason], ['Exited', 128, 'StartError']);

  const { id } = await start(runtime, pod('d', { 'simulated.proa.dev/oom-after': '10s' }));
  clock.advance(10_000);
  assert.equal((await runtime.containerStatus(id)).reason, 'OOMKilled');
});

test('probes: commands by annotation, ports by what runs', async () => {
  const { clock, runtime } = setUp();
  const { sandboxId, id } = await start(runtime, pod('a', { 'simulated.proa.dev/exec-exit-code': '1' }));
  assert.equal((await runtime.execSync(id, ['cat', '/tmp/healthy'], 1)).exitCode, 1);
  const { ip } = await runtime.podSandboxStatus(sandboxId);
  const connection = await runtime.connect(ip, 80);
  connection.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  let reply = '';
  for await (const chunk of connection) reply += chunk;
  assert.match(reply, /^HTTP\/1\.1 200 (.*\r\n)*\r\nhello from simulated a\n$/);
  runtime.crash(id, 1);
  await assert.rejects(runtime.connect(ip, 80), { code: 'ECONNREFUSED' });

  const slow = await start(runtime, pod('b', { 'simulated.proa.dev/exec-delay': '3s' }));
  const probe = assert.rejects(runtime.execSync(slow.id, ['true'], 2), { code: 'DeadlineExceeded' });
  await settle();
  clock.advance(2_000);
  await probe;
});

test('commands and durations', () => {
  assert.deepEqual(planCommand(['true']), { lines: [], exit: { atMs: 0, code: 0 } });
  assert.deepEqual(planCommand(['date', '-u']), { lines: [], exit: { atMs: 0, code: 0 } });
  assert.deepEqual(planCommand(['/bin/sleep', 'infinity']), { lines: [] });
  assert.deepEqual(planCommand(['nginx', '-g', 'daemon off;']), { lines: [] });
  assert.deepEqual(planCommand(['sh', '-c', 'false && echo no; false']).exit, { atMs: 0, code: 1 });
  assert.deepEqual(planCommand(['sh', '-c', 'while true; do sleep 1; done']).exit, undefined);
  assert.deepEqual(planCommand(['sh', '-c', 'echo a | grep b']), { lines: [] });
  assert.deepEqual(['1m30s', '500ms', '2', 'x'].map(durationMs), [90_000, 500, 2_000, 0]);
});
