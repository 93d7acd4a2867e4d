/** `proa image load FILE…` puts images from archives (docker save, OCI) into every node; `proa image list` lists them. */

import { existsSync } from 'node:fs';
import { Cluster, nodePlaces } from '#cmd/cluster.ts';
import type { Command } from '#cmd/command.ts';
import { containerdPaths, importImages } from '#cmd/node/containerd-process.ts';
import { progress } from '#cmd/progress.ts';
import { UsageError } from '#cmd/usage-error.ts';
import { containerdRuntime } from '#kubelet/cri/containerd.ts';
import { systemClock as clock } from '#lib/clock.ts';

export const image: Command = {
  takesWords: true,
  usage: 'image load FILE… | image list',
  flags: { output: { type: 'string', short: 'o', value: 'json', choices: ['json'], help: 'the list as JSON' } },
  examples: ['proa image load app.tar'],
  async run(given) {
    const [verb, ...files] = given.words;
    const cluster = new Cluster(given.text('name') as string, given.text('data-dir'));
    const sockets = nodePlaces(cluster.read()?.nodes ?? 0).map(({ name }) => ({
      name,
      socketPath: containerdPaths(cluster.nodeDirectory(name)).socket,
    }));
    if (sockets.length === 0)
      throw new UsageError(`the cluster ${JSON.stringify(cluster.name)} has no nodes with containers`);
    if (verb === 'load' && files.length > 0) return load(sockets, files);
    if (verb === 'list') return list(sockets, given.text('output') === 'json');
    throw new UsageError('say `proa image load FILE…` or `proa image list`');
  },
};

type Sockets = readonly { readonly name: string; readonly socketPath: string }[];

async function load(sockets: Sockets, files: readonly string[]): Promise<number> {
  const report = progress(clock, false);
  for (const archivePath of files) {
    if (!existsSync(archivePath)) throw new UsageError(`there is no file ${archivePath}`);
    for (const { name, socketPath } of sockets) {
      const runtime = containerdRuntime({ socketPath, clock });
      await report.phase(
        name,
        () => importImages({ socketPath, archivePath, runtime, clock }),
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
