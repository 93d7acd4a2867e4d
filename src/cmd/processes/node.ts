/**
 * The process of one node of `proa up`, started inside the node's network namespace: kubelet, service proxy, DNS. Its
 * containerd runs beside it and goes on when this process ends.
 */

import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nodes } from '#api/core/node.ts';
import type { Service } from '#api/core/service.ts';
import { services } from '#api/core/service.ts';
import { isAlreadyExists } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import { type Informer, Informers } from '#client/informer.ts';
import { connectByKubeconfig } from '#cmd/api-client.ts';
import { Cluster, clusterDns, clusterDomain, type NodePlace, nodePlaces, podRange } from '#cmd/cluster.ts';
import { nodeCgroup } from '#cmd/node/cgroups.ts';
import { containerdPaths } from '#cmd/node/containerd-process.ts';
import { imageMounts } from '#cmd/node/image-mounts.ts';
import { machineDns, reachableServers } from '#cmd/node/machine-dns.ts';
import { nodeCredentialFiles } from '#cmd/node-credentials.ts';
import { startNodeServices } from '#cmd/node-services.ts';
import { collectOnce } from '#cmd/processes/collect-once.ts';
import { standardLog } from '#cmd/standard-log.ts';
import { containerdRuntime } from '#kubelet/cri/containerd.ts';
import { startKubelet } from '#kubelet/kubelet.ts';
import { thisMachine } from '#kubelet/machine.ts';
import { NodeCgroups } from '#kubelet/node-cgroups.ts';
import { allocatableOf } from '#kubelet/node-status.ts';
import { podSourceOfNode, watchOfNode } from '#kubelet/pod-source.ts';
import { NodeFiles } from '#kubelet/volumes/node-files.ts';
import { must } from '#lib/assert.ts';
import { systemClock as clock, sleep } from '#lib/clock.ts';
import { hostDoorway } from '#lib/doorway/doorway.ts';
import type { Log } from '#lib/log.ts';
import { systemRandom as random } from '#lib/random.ts';

export async function run(clusterDirectory: string, name: string): Promise<void> {
  const cluster = new Cluster(basename(clusterDirectory), dirname(clusterDirectory));
  const config = must(cluster.read(), `there is no cluster in ${clusterDirectory}`);
  const place = must(
    nodePlaces(config.nodes).find(each => each.name === name),
    `${name} is no node of ${cluster.name}`,
  );
  const directory = cluster.nodeDirectory(name);
  const log = standardLog(name);
  const api = connectByKubeconfig(nodeCredentialFiles(directory).kubeconfig, 'kubelet/v1.36.3', clock);
  await registerWithRange(api.client, place, log);
  const informerOptions = {
    client: api.client,
    clock,
    random,
    onError: (resource: { plural: string }, error: unknown) =>
      log.warn('cannot follow a collection', { plural: resource.plural, error: String(error) }),
  };
  const informers = new Informers(informerOptions);
  const allServices = informers.of(services);
  const machine = thisMachine(directory);
  const dns = machineDns();
  const runtime = containerdRuntime({ socketPath: containerdPaths(directory).socket, clock });
  const podLogsDir = join(directory, 'pod-logs');
  mkdirSync(podLogsDir, { recursive: true });
  const kubelet = startKubelet({
    nodeName: name,
    client: api.client,
    runtime,
    clock,
    random,
    log,
    machine,
    nodeIps: [place.address],
    pods: podSourceOfNode(name, informerOptions),
    ownNode: watchOfNode(name, informerOptions),
    services: namespace => servicesOf(allServices, namespace),
    clusterDns: [clusterDns],
    clusterDomain,
    nodeDns: dns,
    connect: (host, port, options) => hostDoorway.connect(host, port, options),
    files: source =>
      new NodeFiles({
        client: api.client,
        clock,
        source,
        dataDir: join(directory, 'kubelet'),
        podLogsDir,
        clusterDomain,
        hostIps: () => [place.address],
        allocatable: allocatableOf(machine),
        images: imageMounts(containerdPaths(directory).socket),
      }),
    cgroups: new NodeCgroups(nodeCgroup(cluster.name, name), machine),
    podLogsDir,
    seccompDir: join(directory, 'kubelet', 'seccomp'),
  });
  const others = await startNodeServices({
    ...{ place, directory, kubelet, podRange, log },
    resolvers: config.egress ? reachableServers(dns) : [],
  });
  collectOnce(clock);
  process.on('SIGTERM', () => {
    kubelet.stop();
    void others.stop().then(() => process.exit(0));
  });
}

/** The Services that a Pod's environment names: its namespace's own, and `kubernetes` of `default`. */
async function servicesOf(all: Informer<Service>, namespace: string): Promise<Service[]> {
  await all.synced;
  const kubernetes = all.get('default', 'kubernetes');
  const own = all.inNamespace(namespace);
  return kubernetes === undefined || namespace === 'default' ? own : [...own, kubernetes];
}

/** As upstream's kubelet: it may be there before the API server is. */
const registerPauseMsFirst = 100;
const registerPauseMsMax = 7000;

/** The Pods' range is this machine's choice, because its routes are made before the node is known. */
async function registerWithRange(client: Client, { name, podCidr }: NodePlace, log: Log): Promise<void> {
  const node = {
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    spec: { podCIDR: podCidr, podCIDRs: [podCidr] },
  };
  for (let pauseMs = registerPauseMsFirst; ; pauseMs = Math.min(pauseMs * 2, registerPauseMsMax)) {
    try {
      await client.create(nodes, node as never);
      return;
    } catch (error) {
      if (isAlreadyExists(error)) return;
      log.warn('cannot register the node; trying again', { pauseMs, error: String(error) });
      await sleep(clock, pauseMs);
    }
  }
}
