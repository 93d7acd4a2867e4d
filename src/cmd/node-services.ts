/** What runs beside the kubelet in a node's process: its server, the service proxy, DNS. */

import { readFileSync } from 'node:fs';
import { Informers } from '#client/informer.ts';
import { connectByKubeconfig } from '#cmd/api-client.ts';
import type { NodePlace } from '#cmd/cluster.ts';
import { clusterDns, clusterDomain, serviceRange } from '#cmd/cluster.ts';
import { nodeCredentialFiles } from '#cmd/node-credentials.ts';
import { startDns } from '#dns/server.ts';
import type { Kubelet } from '#kubelet/kubelet.ts';
import { kubeletHandler } from '#kubelet/server/handler.ts';
import { systemClock as clock } from '#lib/clock.ts';
import { hostDoorway } from '#lib/doorway/doorway.ts';
import { HttpServer } from '#lib/http/server.ts';
import type { Log } from '#lib/log.ts';
import { run } from '#lib/process.ts';
import { systemRandom as random } from '#lib/random.ts';
import { startProxy } from '#proxy/proxy.ts';

export interface NodeServicesOptions {
  readonly place: NodePlace;
  readonly directory: string;
  readonly kubelet: Kubelet;
  readonly podRange: string;
  /** For names outside of the cluster; none where Pods do not reach the outside. */
  readonly resolvers: readonly string[];
  readonly log: Log;
}

/** Upstream's port of kubelets. */
export const kubeletPort = 10_250;

const closeGraceMs = 500;

export async function startNodeServices(options: NodeServicesOptions): Promise<{ stop(): Promise<void> }> {
  const { place, podRange, log } = options;
  const server = await startKubeletServer(options);
  const files = nodeCredentialFiles(options.directory);
  const informers = informersOf(files.proxyKubeconfig, 'kube-proxy', log);
  const proxy = startProxy({
    informers,
    clock,
    log,
    run,
    nodeName: place.name,
    nodeIps: [place.address],
    clusterCidrs: [podRange],
    podCidrs: [place.podCidr],
    serviceCidrs: [serviceRange],
    localIps: [clusterDns],
  });
  const dns = await startDns({
    informers: informersOf(files.dnsKubeconfig, 'node-dns', log),
    clock,
    random,
    log,
    run,
    serviceIps: [clusterDns],
    addresses: [place.address],
    clusterDomain,
    upstreams: options.resolvers,
  });
  return {
    async stop() {
      await dns.stop();
      proxy.stop();
      await server.close(closeGraceMs);
    },
  };
}

function informersOf(kubeconfig: string, component: string, log: Log): Informers {
  const { client } = connectByKubeconfig(kubeconfig, `${component}/v1.36.3`, clock);
  const onError = ({ plural }: { plural: string }, error: unknown) =>
    log.warn('cannot follow a collection', { plural, error: String(error) });
  return new Informers({ client, clock, random, onError });
}

async function startKubeletServer({ place, directory, kubelet, log }: NodeServicesOptions): Promise<HttpServer> {
  const files = nodeCredentialFiles(directory);
  const server = new HttpServer({
    handler: kubeletHandler({ kubelet, clock, dial: (host, port) => hostDoorway.connect(host, port) }),
    clock,
    tls: {
      certificate: readFileSync(files.servingCertificate),
      key: readFileSync(files.servingKey),
      clientCas: [readFileSync(files.authority)],
    },
    onError: error => log.error('the kubelet server failed', { error: String((error as Error)?.stack ?? error) }),
  });
  await server.listen({ host: place.address, port: kubeletPort });
  return server;
}
