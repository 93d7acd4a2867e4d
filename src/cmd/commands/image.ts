/** `proa image load FILE…` puts images from archives (docker save, OCI) into every node; `proa image list` lists them. */

import { existsSync } from 'node:fs';
import { Cluster, nodePlaces } from '#cmd/cluster.ts';
import type { Command } from '#cmd/command.ts';
import { containerdPaths, importImages } from '#cmd/node/containerd-process.ts';
import { isRunning, readRecord } from '#cmd/node/process-record.ts';
import { progress } from '#cmd/progress.ts';
import { UsageError } from '#cmd/usage-error.ts';
import { containerdRuntime } from '#kubelet/cri/containerd.ts';
import { systemClock as clock } from '#lib/clock.ts';

export const image: Command = {
  takesWords: true,
  usage: 'image load FILE… | image list',
  flags: {
    output: {
      type: 'string',
      short: 'o',
      value: 'json',
      choices: ['json'],
      help: 'the list, or a line for each node, as JSON',
    },
  },
  examples: ['proa image load app.tar'],
  async run(given) {
    const [verb, ...words] = given.words;
    const isLoad = verb === 'load' && words.length > 0;
    if (!isLoad && !(verb === 'list' && words.length === 0)) {
      throw new UsageError('say `proa image load FILE…` or `proa image list`');
    }
    const cluster = new Cluster(given.text('name') as string, given.text('data-dir'));
    const sockets = socketsOf(cluster);
    const json = given.text('output') === 'json';
    return isLoad ? load(sockets, words, json) : list(sockets, json);
  },
};

function socketsOf(cluster: Cluster): Sockets {
  const named = JSON.stringify(cluster.name);
  const config = cluster.read();
  if (config === undefined) throw new UsageError(`${cluster.absence}: proa up starts it`);
  if (config.nodes === 0) {
    throw new UsageError(`the cluster ${named} has no nodes with containers; simulated ones have every image`);
  }
  return nodePlaces(config.nodes).map(({ name }) => {
    const { socket, record } = containerdPaths(cluster.nodeDirectory(name));
    if (!isRunning(readRecord(record)))
      throw new Error(`${name} of the cluster ${named} is stopped: proa up starts it`);
    return { name, socketPath: socket };
  });
}

type Sockets = readonly { readonly name: string; readonly socketPath: string }[];

async function load(sockets: Sockets, files: readonly string[], json: boolean): Promise<number> {
  const report = progress(clock, json);
  for (const archivePath of files) {
    if (!existsSync(archivePath)) throw new UsageError(`there is no file ${archivePath}`);
    for (const { name, socketPath } of sockets) {
      const runtime = containerdRuntime({ socketPath, clock });
      await report.phase(
        name,
        () =>
          importImages({ socketPath, archivePath, runtime, clock }).catch(error => {
            throw new Error(`${archivePath} cannot be loaded (docker save and OCI archives can): ${error.message}`);
          }),
        () => archivePath,
      );
      runtime.close();
    }
  }
  return 0;
}

async function list(sockets: Sockets, json: boolean): Promise<number> {
  const rows: { node: string; image: string; bytes: number }[] = [];
  for (const { name, socketPath } of sockets) {
    const runtime = containerdRuntime({ socketPath, clock });
    for (const each of await runtime.listImages()) {
      for (const tag of each.repoTags) rows.push({ node: name, image: tag, bytes: each.sizeBytes });
    }
    runtime.close();
  }
  if (json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else
    for (const { node, image: tag, bytes } of rows)
      process.stdout.write(`${node.padEnd(10)} ${`${(bytes / 1e6).toFixed(1)} MB`.padStart(10)}  ${tag}\n`);
  return 0;
}
