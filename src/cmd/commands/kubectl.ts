/** `proa kubectl …`: the kubectl on PATH, with the cluster's kubeconfig. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Cluster } from '#cmd/cluster.ts';
import type { Command } from '#cmd/command.ts';
import { UsageError } from '#cmd/usage-error.ts';

/** `--name NAME` and `--data-dir DIR` in front of kubectl's own words. */
function ownFlags(words: readonly string[]): { name: string; dataDir: string | undefined; rest: readonly string[] } {
  let name = 'proa';
  let dataDir: string | undefined;
  let at = 0;
  for (; at < words.length; at++) {
    const [flag, value] = (words[at] as string).split(/=(.*)/s);
    if (flag !== '--name' && flag !== '--data-dir') break;
    const given = value ?? words[++at];
    if (given === undefined) throw new UsageError(`${flag} needs a value`);
    if (flag === '--name') name = given;
    else dataDir = given;
  }
  return { name, dataDir, rest: words.slice(at) };
}

export const kubectl: Command = {
  usage: 'kubectl [--name NAME] WORDS…',
  flags: {},
  examples: ['proa kubectl get pods -A', 'proa kubectl --name dev help'],
  passesFlags: true,
  async run({ words }) {
    const { name, dataDir, rest } = ownFlags(words);
    const cluster = new Cluster(name, dataDir);
    const { kubeconfigFile } = cluster;
    if (cluster.read() === undefined || !existsSync(kubeconfigFile))
      throw new UsageError(`${cluster.absence}: proa up starts it`);
    return new Promise((resolve, reject) => {
      const child = spawn('kubectl', rest, { stdio: 'inherit', env: { ...process.env, KUBECONFIG: kubeconfigFile } });
      child.on('error', error => {
        const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
        reject(
          missing
            ? new UsageError(
                `kubectl is not on PATH: install it, or use any client with the kubeconfig ${kubeconfigFile}`,
              )
            : error,
        );
      });
      child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
    });
  },
};
