/** Real kubectl, of every version that is installed, against an API server that knows one Pod. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer as createTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join as joinPath } from 'node:path';
import { after, test } from 'node:test';
import { systemClock } from '#lib/clock.ts';
import type { Exchange } from '#lib/http/exchange.ts';
import { HttpServer } from '#lib/http/server.ts';
import { join } from '#lib/http/tunnel.ts';
import { testCa } from '#testing/certificates.ts';
import { acceptRemoteCommand } from './accept.ts';
import { acceptPortForward } from './port-forward.ts';
import { exitStatus, internalErrorStatus, successStatus } from './status.ts';

const undo: (() => unknown)[] = [];
after(async () => {
  for (const step of undo.reverse()) await step();
});

/** `kubectl` on the PATH and, beside where it leads, `kubectl.1.27` and its like. */
function installed(): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.map(folder => joinPath(folder, 'kubectl')).find(path => existsSync(path));
  if (found === undefined) return [];
  const folder = dirname(realpathSync(found));
  const versions = readdirSync(folder).filter(name => /^kubectl\.1\.\d+$/.test(name));
  return versions.length > 0 ? versions.sort().map(name => joinPath(folder, name)) : [found];
}

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default', uid: 'u' },
  spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i', stdin: true, tty: false }] },
  status: { phase: 'Running' },
};

const documents: Record<string, unknown> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [{ name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get', 'list'] }],
  },
  '/api/v1/namespaces/default/pods/p': pod,
};

const big = Buffer.alloc(5_000_000, 'abcdefghij');
const upgradesSeen: string[] = [];

async function handle(exchange: Exchange): Promise<void> {
  const { pathname, searchParams } = new URL(exchange.target, 'http://localhost');
  const is = (name: string) => searchParams.get(name) === 'true';
  if (exchange.upgrade !== undefined) upgradesSeen.push(`${exchange.headers['upgrade']} ${pathname.split('/').at(-1)}`);
  if (pathname.endsWith('/exec') || pathname.endsWith('/attach')) {
    const streams = { stdin: is('stdin'), stdout: is('stdout'), stderr: is('stderr'), tty: is('tty') };
    const session = await acceptRemoteCommand(exchange, streams, systemClock);
    const [command = 'cat', argument] = searchParams.getAll('command');
    if (command === 'exit') {
      session?.stdout?.write('out\n');
      session?.stderr?.write('err\n');
      return session?.finish(exitStatus(Number(argument)));
    }
    if (command === 'big') {
      session?.stdout?.write(big);
      return session?.finish(successStatus);
    }
    if (command === 'fail') return session?.finish(internalErrorStatus('no such thing'));
    if (session?.stdin !== undefined && session.stdout !== undefined) {
      session.stdin.pipe(session.stdout, { end: false });
      await Promise.race([once(session.stdin, 'end'), session.closed]);
    }
    return session?.finish(successStatus);
  }
  if (pathname.endsWith('/portforward')) {
    return acceptPortForward(exchange, systemClock, async (port, stream) => {
      if (port === 81) throw new Error('error forwarding port 81 to pod p, uid : connection refused');
      await join(stream, connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true }));
    });
  }
  const document = documents[pathname];
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason: 'NotFound',
    code: 404,
    message: pathname,
  };
  exchange.reply(document === undefined ? 404 : 200, { 'content-type': 'application/json' }, [
    Buffer.from(JSON.stringify(document ?? status)),
  ]);
}

const kubectls = installed();
const ca = testCa('ca', systemClock.nowMs());
const folder = mkdtempSync(joinPath(tmpdir(), 'kubectl-'));
undo.push(() => rmSync(folder, { recursive: true }));

async function serve(): Promise<string> {
  const server = new HttpServer({
    handler: handle,
    clock: systemClock,
    tls: ca.issue({ commonName: 'server' }, { server: true }),
    onError: error => console.error(error),
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  undo.push(() => server.close(0));
  const kubeconfig = joinPath(folder, `kubeconfig-${port}`);
  const cluster = {
    server: `https://127.0.0.1:${port}`,
    'certificate-authority-data': Buffer.from(ca.certificate).toString('base64'),
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'default' } }],
    'current-context': 'x',
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  return kubeconfig;
}

for (const kubectl of kubectls) {
  const name = kubectl.slice(kubectl.lastIndexOf('/') + 1);
  const start = (kubeconfig: string, args: string[]) => {
    const env = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: kubeconfig };
    const child = spawn(kubectl, args, { env });
    undo.push(() => child.kill('SIGKILL'));
    return child;
  };
  const run = async (kubeconfig: string, args: string[], stdin: string | Buffer = '') => {
    const child = start(kubeconfig, args);
    const output: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    child.stdout.on('data', chunk => output.stdout.push(chunk));
    child.stderr.on('data', chunk => output.stderr.push(chunk));
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    const [code] = await once(child, 'close');
    return { code, stdout: Buffer.concat(output.stdout), stderr: Buffer.concat(output.stderr).toString() };
  };

  test(`${name}: exec, attach and port-forward`, async () => {
    const kubeconfig = await serve();
    const exit = await run(kubeconfig, ['exec', 'p', '--', 'exit', '7']);
    assert.deepEqual(
      [exit.code, exit.stdout.toString(), exit.stderr],
      [7, 'out\n', 'err\ncommand terminated with exit code 7\n'],
    );
    const cat = await run(kubeconfig, ['exec', '-i', 'p', '--', 'cat'], big);
    assert.deepEqual([cat.code, cat.stderr], [0, '']);
    assert.ok(cat.stdout.equals(big));
    const out = await run(kubeconfig, ['exec', 'p', '--', 'big']);
    assert.ok(out.stdout.equals(big));
    const fail = await run(kubeconfig, ['exec', 'p', '--', 'fail']);
    assert.deepEqual([fail.code, fail.stderr], [1, 'error: Internal error occurred: no such thing\n']);
    const attach = await run(kubeconfig, ['attach', '-i', '-q', 'p'], 'fed\n');
    assert.deepEqual([attach.code, attach.stdout.toString()], [0, 'fed\n']);

    const echo = createTcp({ allowHalfOpen: true }, socket => void socket.on('error', () => {}).pipe(socket));
    echo.listen(0, '127.0.0.1');
    undo.push(() => echo.close());
    await once(echo, 'listening');
    const { port } = echo.address() as { port: number };
    const forwarding = start(kubeconfig, ['port-forward', '--address', '127.0.0.1', 'pod/p', `:${port}`, ':81']);
    let log = '';
    forwarding.stderr.on('data', chunk => (log += chunk));
    forwarding.stdout.on('data', chunk => (log += chunk));
    const local = async (remote: number) => {
      for (;;) {
        const found = new RegExp(`127\\.0\\.0\\.1:(\\d+) -> ${remote}\\n`).exec(log)?.[1];
        if (found !== undefined) return Number(found);
        await once(forwarding.stdout, 'data');
      }
    };
    const through = async (bytes: Buffer) => {
      const socket = connectTcp(await local(port), '127.0.0.1');
      socket.end(bytes);
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    const sent = [Buffer.from('hello'), big, big.subarray(0, 1_000_000)];
    const received = await Promise.all(sent.map(through));
    for (const [i, bytes] of received.entries()) assert.ok(bytes.equals(sent[i]!), `connection ${i}: ${log}`);
    const closed = connectTcp(await local(81), '127.0.0.1');
    closed.on('error', () => {}).resume();
    if (!/connection refused/.test(log)) while (!/connection refused/.test(log)) await once(forwarding.stderr, 'data');
    assert.match(log, /error forwarding port 81 to pod p, uid : connection refused/);
    // Newer ones fall back to SPDY when a WebSocket is refused; ours is not.
    const minor = Number(/kubectl\.1\.(\d+)$/.exec(kubectl)?.[1] ?? 0);
    const forwards = upgradesSeen.filter(one => one.endsWith('portforward'));
    if (minor > 0)
      assert.deepEqual(new Set(forwards), new Set([`${minor > 30 ? 'websocket' : 'SPDY/3.1'} portforward`]));
    upgradesSeen.length = 0;
  });
}

if (kubectls.length === 0) test('kubectl', { skip: 'kubectl is not installed' });
