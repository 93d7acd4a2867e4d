/** The logs of simulated containers, and the server where the kubelets of simulated nodes are asked for them. */

import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Cluster } from '#cmd/cluster.ts';
import { removeStaleName } from '#cmd/local-name.ts';
import { nodeCredentialFiles } from '#cmd/node-credentials.ts';
import { simulatedDirectory, simulatedSocket } from '#cmd/simulated-nodes.ts';
import type { SimulatedLogs } from '#kubelet/cri/simulated.ts';
import type { Kubelet } from '#kubelet/kubelet.ts';
import { kubeletHandler } from '#kubelet/server/handler.ts';
import { systemClock as clock } from '#lib/clock.ts';
import type { Handler } from '#lib/http/exchange.ts';
import { HttpServer } from '#lib/http/server.ts';
import type { Log } from '#lib/log.ts';

/** In files, as the logs of real containers are. None is older than this process, for the containers are not. */
export function openSimulatedLogs(cluster: Cluster): { directory: string; logs: SimulatedLogs } {
  const directory = join(simulatedDirectory(cluster), 'pod-logs');
  rmSync(directory, { recursive: true, force: true });
  const logs: SimulatedLogs = {
    open(path) {
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, '');
    },
    write: appendFileSync,
    remove: path => rmSync(path, { recursive: true, force: true }),
  };
  return { directory, logs };
}

/** `kubelets` by the address of their node. */
export async function serveSimulatedKubelets(
  cluster: Cluster,
  kubelets: ReadonlyMap<string, Kubelet>,
  log: Log,
): Promise<void> {
  const files = nodeCredentialFiles(simulatedDirectory(cluster));
  const handlers = new Map<string, Handler>();
  const handlerOf = (address: string) => {
    const known = handlers.get(address);
    const kubelet = kubelets.get(address);
    if (known !== undefined || kubelet === undefined) return known;
    const made = kubeletHandler({ kubelet, clock, dial: () => Promise.reject(new Error('there is nothing to dial')) });
    handlers.set(address, made);
    return made;
  };
  const server = new HttpServer({
    handler(exchange) {
      const { hostname } = new URL(`https://${exchange.headers['host'] ?? exchange.headers[':authority'] ?? ''}`);
      const handler = handlerOf(hostname);
      if (handler === undefined)
        exchange.reply(404, {}, Buffer.from(`no simulated node has the address ${hostname}\n`));
      else return handler(exchange);
    },
    clock,
    tls: {
      certificate: readFileSync(files.servingCertificate),
      key: readFileSync(files.servingKey),
      clientCas: [readFileSync(files.authority)],
    },
    onError: error => log.error('the kubelet server failed', { error: String((error as Error)?.stack ?? error) }),
  });
  const path = simulatedSocket(cluster);
  // One process at most serves them, and that is this one.
  removeStaleName(path);
  await server.listen({ path });
}
