/** The command line itself: what it refuses, what it says, what it does when it is disturbed. No nodes are needed for that. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodes } from '#api/core/node.ts';
import { lockCluster } from '#cmd/cluster-lock.ts';
import { freePort, launcher, runProgram, startProgram, TestCluster } from './test-cluster.ts';

describe('the command line', () => {
  const cluster = new TestCluster('words');
  after(() => cluster.remove());

  test('every command has a help', async () => {
    for (const command of ['up', 'down', 'status', 'doctor', 'image']) {
      const { code, stdout } = await cluster.tryProa(command, '--help');
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^proa ${command}: .+\n\nusage: proa ${command} `));
      assert.equal((await cluster.tryProa('help', command)).stdout, stdout);
    }
    assert.match((await cluster.tryProa('--version')).stdout, /^proa \d+\.\d+\.\d+, Kubernetes v1\.36\n$/);
  });

  test('it says what it does not understand', async () => {
    const cases: [string[], RegExp][] = [
      [['frob'], /^proa: there is no command "frob"; proa help lists them\n$/],
      [['up', '--frob'], /^proa: Unknown option '--frob'; proa up --help lists its flags\n$/],
      [['up', '--nodes', 'many'], /^proa: --nodes "many": a whole number from 0 to 255 is needed\n$/],
      [['up', '--nodes', '300'], /^proa: --nodes "300": a whole number from 0 to 255 is needed\n$/],
      [['up', '--nodes', '-1'], /^proa: Option '--nodes' argument is ambiguous; proa up --help lists its flags\n$/],
      [['up', '--port', '70000'], /^proa: --port "70000": a whole number from 1 to 65535 is needed\n$/],
      [['image'], /^proa: say `proa image load FILE…` or `proa image list`\n$/],
      [['image', 'list'], /^proa: there is no cluster "e2e-words-\d+": proa up starts it\n$/],
      [['down', 'dev'], /^proa: "dev" means nothing here: proa down \[--purge\]; a cluster is said by --name\n$/],
      [['status', '-o', 'yaml'], /^proa: --output yaml: json is known\n$/],
      [['kubectl', 'get', 'pods'], /^proa: there is no cluster "proa": proa up starts it\n$/],
    ];
    for (const [words, message] of cases) {
      const { code, stderr } = await cluster.tryProa(...words);
      assert.match(stderr, message);
      assert.equal(code, 2);
    }
    assert.equal((await cluster.tryProa('status')).code, 3);
    const { code, stdout } = await cluster.tryProa('status', '-o', 'json');
    assert.equal(code, 3);
    assert.equal(JSON.parse(stdout).exists, false);
  });

  test('a port that is taken is not made a setting', async () => {
    const holder = createServer();
    const port = await new Promise<number>(resolve =>
      holder.listen(0, '127.0.0.1', () => resolve((holder.address() as { port: number }).port)),
    );
    const { code, stdout, stderr } = await cluster.tryProa('up', '-d', '--nodes', '0', '--port', String(port));
    holder.close();
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.equal(stderr, `proa: port ${port} of 127.0.0.1 is taken by another program: choose another with --port\n`);
    assert.equal((await cluster.tryProa('status')).code, 3);
  });

  test('up says once why the control plane cannot be', async () => {
    mkdirSync(cluster.path(), { recursive: true });
    writeFileSync(cluster.path('pki'), 'not a folder');
    const { code, stdout, stderr } = await cluster.tryProa(
      'up',
      '-d',
      '--nodes',
      '0',
      '--port',
      String(await freePort()),
    );
    assert.equal(code, 1);
    assert.match(stdout, /^ {2}✗ control plane +\S+ +failed\n$/);
    assert.match(stderr, /^proa: the control-plane process has ended: .*EEXIST.*\n$/);
    rmSync(cluster.path('pki'));
  });

  test('what cannot be read can be taken away', async () => {
    mkdirSync(cluster.path(), { recursive: true });
    writeFileSync(cluster.path('cluster.json'), '{');
    for (const command of ['up', 'status']) {
      const { code, stderr } = await cluster.tryProa(command);
      assert.equal(code, 1);
      assert.match(stderr, /^proa: the cluster ".*" cannot be read: .*; proa down --purge takes it away; without /);
    }
    assert.match(await cluster.proa('down', '--purge'), /nothing is left/);
    assert.equal((await cluster.tryProa('status')).code, 3);
  });

  test('commands that change one cluster wait for each other', async t => {
    const held = await lockCluster({ directory: cluster.path(), holder: 'a test', onWait: () => {} });
    t.after(() => held.release());
    const words = [launcher, 'up', '-d', '--nodes', '0', '--port', String(await freePort()), '--name', cluster.name];
    const waiting = startProgram([process.execPath, ...words], { env: cluster.environment });
    await waiting.line(/waiting for a test \(pid \d+\), which is at work on this cluster/);
    assert.equal((await cluster.tryProa('status')).code, 3);
    held.release();
    await waiting.line(/✓ control plane[\s\S]*\(there are no nodes\)/);
    assert.equal(await waiting.end(), 0);
    const other = await runProgram([process.execPath, launcher, 'status'], { env: cluster.environment });
    assert.equal(other.stdout, `there is no cluster "proa" (there is "${cluster.name}"); proa up starts one\n`);
    assert.match(await cluster.proa('up', '-d'), /everything was running already/);
  });

  test('what nobody reads does not end a command', async () => {
    const words = [launcher, 'status', '--name', cluster.name];
    const child = spawn(process.execPath, words, { env: cluster.environment });
    child.stdout.destroy();
    let complaint = '';
    child.stderr.on('data', text => (complaint += text));
    const [code] = await once(child, 'close');
    assert.deepEqual({ code, complaint }, { code: 0, complaint: '' });
  });

  test('the context keeps what was set in it, and follows the cluster', async () => {
    const other = cluster.file('other', '');
    await cluster.proa('up', '-d', '--kubeconfig', other);
    for (const file of [cluster.kubeconfig, cluster.adminKubeconfig]) {
      writeFileSync(file, readFileSync(file, 'utf8').replace(/^( +)user: .*$/m, '$&\n$1namespace: mine'));
    }
    const moved = String(await freePort());
    await cluster.proa('up', '-d', '--port', moved);
    assert.match(readFileSync(cluster.kubeconfig, 'utf8'), /namespace: mine/);
    assert.match(readFileSync(cluster.adminKubeconfig, 'utf8'), /namespace: "mine"/);
    for (const file of [cluster.kubeconfig, other])
      assert.ok(readFileSync(file, 'utf8').includes(`https://127.0.0.1:${moved}`), file);
    await cluster.proa('down', '--purge');
    for (const file of [cluster.kubeconfig, other]) assert.ok(!readFileSync(file, 'utf8').includes(cluster.name), file);
  });

  test('simulated nodes that are taken away are forgotten, and one that was deleted comes back', async () => {
    await cluster.up('--nodes', '0', '--simulated', '2', '--port', String(await freePort()));
    await cluster.client.delete(nodes, { name: 'sim-1' });
    await cluster.up('--simulated', '1');
    const { items } = await cluster.client.list(nodes);
    assert.deepEqual(
      items.map(({ metadata }) => metadata.name),
      ['sim-1'],
    );
    await cluster.proa('down', '--purge');
  });

  test('off Linux nodes are simulated, and everything else is as on it', async () => {
    const pretend = 'data:text/javascript,Object.defineProperty(process,"platform",{value:"darwin"})';
    const main = [process.execPath, '--import', pretend, fileURLToPath(import.meta.resolve('#cmd/main.ts'))];
    const env = { ...cluster.environment, TMPDIR: cluster.folder };
    const proa = (...words: string[]) => runProgram([...main, ...words, '--name', cluster.name], { env });
    const up = await proa('up', '-d', '--port', String(await freePort()));
    assert.equal(up.code, 0, up.stderr);
    assert.match(up.stdout, /real containers need Linux, and this is darwin; 1 simulated instead/);
    assert.equal((await proa('status')).code, 0);
    assert.equal((await proa('down', '--purge')).code, 0);
    assert.deepEqual(
      readdirSync(cluster.folder).filter(name => name.endsWith('.sock')),
      [],
    );
  });

  for (const words of [['up'], ['up', '-d']]) {
    test(`Ctrl-C while ${words.join(' ')} starts leaves nothing running`, async () => {
      const all = [launcher, ...words, '--nodes', '0', '--simulated', '1', '--port', String(await freePort())];
      const starting = startProgram([process.execPath, ...all, '--name', cluster.name], { env: cluster.environment });
      await starting.line(/✓ control plane/);
      assert.equal(await starting.stop('SIGINT'), 130);
      const { processes } = JSON.parse((await cluster.tryProa('status', '-o', 'json')).stdout);
      assert.ok(processes.length > 0 && processes.every(({ pid }: { pid?: number }) => pid === undefined));
    });
  }
});
