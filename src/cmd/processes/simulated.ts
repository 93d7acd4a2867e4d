/** The process of all simulated nodes of a cluster: the same kubelet over a runtime in memory, one Pod watch for all. */

import { basename, dirname, join } from 'node:path';
import { nodes } from '#api/core/node.ts';
import { pods } from '#api/core/pod.ts';
import { Informers } from '#client/informer.ts';
import { connectByKubeconfig } from '#cmd/api-client.ts';
import { Cluster, clusterDns, clusterDomain } from '#cmd/cluster.ts';
import { collectOnce } from '#cmd/processes/collect-once.ts';
import { simulatedPlaces } from '#cmd/simulated-nodes.ts';
import { openSimulatedLogs, serveSimulatedKubelets } from '#cmd/simulated-services.ts';
import { standardLog } from '#cmd/standard-log.ts';
import { SimulatedRuntime } from '#kubelet/cri/simulated.ts';
import { type Kubelet, startKubelet } from '#kubelet/kubelet.ts';
import { thisMachine } from '#kubelet/machine.ts';
import { SharedNodeSource, SharedPodSource } from '#kubelet/pod-source.ts';
import { must } from '#lib/assert.ts';
import { systemClock as clock } from '#lib/clock.ts';
import { systemRandom as random } from '#lib/random.ts';

export async function run(clusterDirectory: string): Promise<void> {
  const cluster = new Cluster(basename(clusterDirectory), dirname(clusterDirectory));
  const config = must(cluster.read(), `there is no cluster in ${clusterDirectory}`);
  const log = standardLog('simulated');
  const { client } = connectByKubeconfig(cluster.kubeconfigFile, 'kubelet/v1.36.3', clock);
  const options = { client, clock, random, onError: (_: unknown, error: unknown) => log.warn(String(error)) };
  const informers = new Informers(options);
  const source = new SharedPodSource(informers.of(pods));
  const nodeSource = new SharedNodeSource(informers.of(nodes));
  const machine = thisMachine(cluster.directory);
  const { directory: logsDirectory, logs } = openSimulatedLogs(cluster);
  const kubelets = new Map<string, Kubelet>();
  for (const { name: nodeName, address } of simulatedPlaces(config.simulated)) {
    const runtime = new SimulatedRuntime({ clock, random, logs });
    const kubelet = startKubelet({
      nodeName,
      client,
      runtime,
      clock,
      random,
      log,
      machine,
      nodeIps: [address],
      labels: { 'proa.dev/simulated': 'true' },
      pods: source.ofNode(nodeName),
      ownNode: nodeSource.ofNode(nodeName),
      services: async () => [],
      clusterDns: [clusterDns],
      clusterDomain,
      connect: (host, port) => runtime.connect(host, port),
      probes: true,
      podLogsDir: join(logsDirectory, nodeName),
    });
    kubelets.set(address, kubelet);
  }
  await serveSimulatedKubelets(cluster, kubelets, log);
  collectOnce(clock);
  process.on('SIGTERM', () => {
    informers.stop();
    process.exit(0);
  });
}
