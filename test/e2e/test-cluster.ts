/**
 * A cluster as a person starts it, by the command line, for the tests of the whole. Everything that it makes has a name of
 * its own and goes away with `down --purge`, whatever a test did; a cluster with nodes lives in a network namespace of the
 * test's own.
 */

import { execFile, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Client, ResourceOf } from '#client/client.ts';
import type { Stored } from '#client/object.ts';
import type { SelectorOptions } from '#client/request.ts';
import { type ApiConnection, connectByKubeconfig } from '#cmd/api-client.ts';
import { writeImageArchive } from '#cmd/node/image-archive.ts';
import { checkPrerequisites, thisMachine } from '#cmd/node/prerequisites.ts';
import { must } from '#lib/assert.ts';
import { systemClock as clock } from '#lib/clock.ts';
import { inOwnNetwork, loopbackUp, runInOwnNetwork } from '#testing/own-network.ts';
import { testImages } from '../images/build.ts';

export const launcher = fileURLToPath(new URL('../../proa.mjs', import.meta.url));
const waitMsMax = 90_000;

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Why real nodes cannot be tested here; false when they can. */
export function noRealNodes(): string | false {
  const missing = checkPrerequisites(thisMachine()).filter(({ ok }) => !ok);
  if (!existsSync('/bin/busybox')) missing.push({ name: 'busybox-static', ok: false, detail: 'for the test images' });
  return missing.length > 0 && missing.map(({ name, detail }) => `${name}: ${detail}`).join('; ');
}

/** Tests with real nodes: skipped out loud where there can be none, else in a network of their own. */
export function describeWithNodes(title: string, file: string, tests: () => void): void {
  const skip = noRealNodes();
  if (skip === false && inOwnNetwork()) describe(title, tests);
  else test(title, { skip }, () => runInOwnNetwork(file));
}

export class TestCluster {
  readonly name: string;
  readonly folder = mkdtempSync(join(tmpdir(), 'proa-e2e-'));
  readonly kubeconfig = join(this.folder, 'kubeconfig');
  readonly dataDir = join(this.folder, 'data');
  #connection: ApiConnection | undefined;

  constructor(purpose: string) {
    this.name = `e2e-${purpose}-${process.pid}`;
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, PROA_HOME: this.dataDir, KUBECONFIG: this.kubeconfig };
  }

  get client(): Client {
    return this.connection.client;
  }

  get connection(): ApiConnection {
    this.#connection ??= connectByKubeconfig(this.adminKubeconfig, 'proa-e2e', clock);
    return this.#connection;
  }

  get adminKubeconfig(): string {
    return join(this.dataDir, this.name, 'admin.kubeconfig');
  }

  /** A path of the cluster's own folder. */
  path(...parts: string[]): string {
    return join(this.dataDir, this.name, ...parts);
  }

  /** Any command of `proa`, for this cluster. */
  tryProa(...words: string[]): Promise<Output> {
    return runProgram([process.execPath, launcher, ...words, '--name', this.name], { env: this.environment });
  }

  async proa(...words: string[]): Promise<string> {
    return succeeded(`proa ${words.join(' ')}`, await this.tryProa(...words));
  }

  /** `up -d`; to the outside there is no way. */
  async up(...words: string[]): Promise<string> {
    this.#connection?.close();
    this.#connection = undefined;
    return this.proa('up', '-d', '--no-egress', ...words);
  }

  async loadImages(): Promise<void> {
    const archive = join(this.folder, 'images.tar');
    writeImageArchive(archive, testImages());
    await this.proa('image', 'load', archive);
    rmSync(archive);
  }

  /** Waits until the objects are as asked, awake at each change of one of them. */
  async until<T>(
    resource: ResourceOf<T>,
    selection: SelectorOptions,
    are: (objects: Stored<T>[]) => boolean,
    what: string,
  ): Promise<Stored<T>[]> {
    const giveUp = new AbortController();
    let seen: Stored<T>[] = [];
    const failure = () => new Error(`waited for ${what} in vain; the last seen: ${JSON.stringify(seen, null, 1)}`);
    const timer = clock.after(waitMsMax, () => giveUp.abort(failure()));
    try {
      const { items, metadata } = await this.client.list(resource, selection, giveUp.signal);
      const byUid = new Map(items.map(item => [uidOf(item), item]));
      seen = [...byUid.values()];
      if (are(seen)) return seen;
      const { resourceVersion } = metadata;
      for await (const { type, object } of this.client.watch(
        resource,
        { ...selection, resourceVersion },
        giveUp.signal,
      )) {
        if (type === 'DELETED') byUid.delete(uidOf(object));
        else if (type !== 'BOOKMARK') byUid.set(uidOf(object), object);
        seen = [...byUid.values()];
        if (are(seen)) return seen;
      }
      throw failure();
    } catch (error) {
      throw giveUp.signal.aborted ? failure() : error;
    } finally {
      timer.cancel();
      giveUp.abort();
    }
  }

  /** kubectl of this cluster. */
  async kubectl(program: string, ...words: string[]): Promise<string> {
    return succeeded(`kubectl ${words.join(' ')}`, await this.tryKubectl(program, ...words));
  }

  tryKubectl(program: string, ...words: string[]): Promise<Output> {
    return runProgram([program, ...words], { env: this.environment });
  }

  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Takes everything away, also what a failed test has left. */
  async remove(): Promise<void> {
    this.#connection?.close();
    try {
      await this.proa('down', '--purge');
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }
}

/** A cluster for all tests of a `describe`. */
export function clusterForTests(purpose: string, nodes: number): TestCluster {
  const cluster = new TestCluster(purpose);
  before(async () => {
    await loopbackUp();
    await cluster.up('--nodes', String(nodes));
    await cluster.loadImages();
  });
  after(() => cluster.remove());
  return cluster;
}

/** A cluster without nodes needs no network of its own: it listens on a free port of the loopback. */
export function controlPlaneForTests(purpose: string): TestCluster {
  const cluster = new TestCluster(purpose);
  before(async () => {
    await cluster.up('--nodes', '0', '--port', String(await freePort()));
  });
  after(() => cluster.remove());
  return cluster;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

function uidOf(object: object): string {
  return must((object as { metadata?: { uid?: string } }).metadata?.uid, 'an object without a uid');
}

function succeeded(what: string, { code, stdout, stderr }: Output): string {
  if (code !== 0) throw new Error(`${what} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

const outputBytesMax = 64 << 20;

export function runProgram(
  [program = '', ...words]: readonly string[],
  options: { env?: NodeJS.ProcessEnv; timeoutMs?: number } = {},
): Promise<Output> {
  return new Promise(resolve => {
    const settings = { env: options.env, timeout: options.timeoutMs ?? waitMsMax, maxBuffer: outputBytesMax };
    const child = execFile(program, words, settings, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr: error !== null && stderr === '' ? error.message : stderr });
    });
    child.stdin?.end();
  });
}

/** A program that goes on until it is ended; `line` resolves with the first line of its output that matches. */
export function startProgram([program = '', ...words]: readonly string[], options: SpawnOptions = {}) {
  const child = spawn(program, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let wake = () => {};
  const take = (text: string) => {
    output += text;
    wake();
  };
  child.stdout?.setEncoding('utf8').on('data', take);
  child.stderr?.setEncoding('utf8').on('data', take);
  let ended = false;
  const end = new Promise<void>(resolve => child.on('close', () => resolve())).then(() => {
    ended = true;
    wake();
  });
  return {
    async line(pattern: RegExp): Promise<RegExpExecArray> {
      for (;;) {
        const found = pattern.exec(output);
        if (found !== null) return found;
        if (ended) throw new Error(`${program} ${words.join(' ')} ended before it said ${pattern}:\n${output}`);
        await new Promise<void>(resolve => (wake = resolve));
      }
    },
    /** Gives the exit code, if it has one. */
    async end(): Promise<number | null> {
      await end;
      return child.exitCode;
    },
    async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGTERM'): Promise<number | null> {
      child.kill(signal);
      await end;
      return child.exitCode;
    },
  };
}

/** The kubectl on PATH or, where several versions of it are beside it, all of them: `kubectl.1.27`. */
export function kubectlPrograms(): { version: string; program: string }[] {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map(folder => join(folder, 'kubectl'));
  const found = onPath.find(path => existsSync(path));
  if (found === undefined) return [];
  const folder = dirname(realpathSync(found));
  const versions = readdirSync(folder).flatMap(name => /^kubectl\.(1\.\d+)$/.exec(name)?.[1] ?? []);
  if (versions.length === 0) return [{ version: 'on PATH', program: found }];
  return versions.sort().map(version => ({ version, program: join(folder, `kubectl.${version}`) }));
}

export const withoutKubectl = kubectlPrograms().length === 0 && 'no kubectl is on PATH';
/** The newest one. */
export const kubectlProgram = kubectlPrograms().at(-1)?.program ?? 'kubectl';
