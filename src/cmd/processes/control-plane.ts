/**
 * The control-plane process of a cluster of `proa up`: API server on the host's loopback and, through the doorway, in the
 * cluster's network; controllers and scheduler on a thread; what listens on the host for the cluster.
 */

import { basename, dirname } from 'node:path';
import { Cluster, type ClusterConfig, nodePlaces, podRangeOf } from '#cmd/cluster.ts';
import { ensureClusterDns } from '#cmd/cluster-dns.ts';
import { type ControlPlane, startControlPlane } from '#cmd/control-plane.ts';
import { adminSubject, componentSubject, type Identity } from '#cmd/identity.ts';
import { clusterAddress, clusterNetns, netnsPath, nodeRange, pullRelayPort } from '#cmd/node/network-names.ts';
import { openPullRelay } from '#cmd/node/pull-relay.ts';
import { writeNodeCredentials } from '#cmd/node-credentials.ts';
import { openNodePorts } from '#cmd/node-ports.ts';
import { collectOnce } from '#cmd/processes/collect-once.ts';
import { type Loops, type LoopsData, startLoops } from '#cmd/processes/loops.ts';
import { dialSimulated, writeSimulatedCredentials } from '#cmd/simulated-nodes.ts';
import { dialCluster } from '#cmd/simulated-range.ts';
import { standardLog } from '#cmd/standard-log.ts';
import { must } from '#lib/assert.ts';
import { systemClock as clock } from '#lib/clock.ts';
import { type Doorway, openDoorway } from '#lib/doorway/doorway.ts';
import { keyPem, pem } from '#lib/pki.ts';
import { systemRandom as random } from '#lib/random.ts';
import { MemoryStore } from '#store/memory/memory-store.ts';
import { SqliteStore } from '#store/sqlite/sqlite-store.ts';
import type { Store } from '#store/store.ts';

const log = standardLog('control-plane');

export async function run(directory: string): Promise<void> {
  const cluster = new Cluster(basename(directory), dirname(directory));
  const config = must(cluster.read(), `there is no cluster in ${directory}`);
  const doorway = config.nodes > 0 ? openDoorway({ netns: netnsPath(clusterNetns(cluster.name)) }) : undefined;
  const plane = await startControlPlane({
    name: cluster.name,
    directory,
    host: '127.0.0.1',
    port: config.port,
    store: await openStore(cluster, config),
    clock,
    random,
    log: text => log.error(text),
    beforeListening: identity => writeAllNodeCredentials(identity, cluster, config),
    dialCluster: dialCluster({
      inside: doorway && ((host, port) => doorway.connect(host, port)),
      simulated: dialSimulated(cluster),
    }),
    endpoint: doorway === undefined ? undefined : { host: clusterAddress, port: config.port },
  });
  if (config.nodes > 0) await ensureClusterDns(plane.api.writer, nodePlaces(config.nodes));
  const inside = doorway === undefined ? undefined : await listenInside(plane, doorway, config);
  const loops = startLoops(await loopsData(plane, config), error => {
    log.error('the loops have stopped', { error: error.stack ?? error.message });
    process.exit(1);
  });
  if (doorway !== undefined) openNodePorts({ plane, doorway, places: nodePlaces(config.nodes), clock, random, log });
  stopOnSignal(plane, loops, inside);
  collectOnce(clock);
}

async function writeAllNodeCredentials(identity: Identity, cluster: Cluster, config: ClusterConfig): Promise<void> {
  await writeSimulatedCredentials(identity, cluster, config);
  const inNetwork = { name: cluster.name, server: `https://${clusterAddress}:${config.port}` };
  for (const place of nodePlaces(config.nodes)) {
    await writeNodeCredentials(identity, { ...place, directory: cluster.nodeDirectory(place.name) }, inNetwork);
  }
}

async function openStore(cluster: Cluster, config: ClusterConfig): Promise<Store> {
  return config.store === 'memory' ? new MemoryStore(clock) : SqliteStore.open({ path: cluster.storeFile, clock });
}

/** What nodes and Pods reach: the API server, and the way out for pulls of images. */
async function listenInside(plane: ControlPlane, doorway: Doorway, config: ClusterConfig): Promise<() => void> {
  const api = await doorway.listen(clusterAddress, config.port);
  api.on('connection', socket => plane.http.accept(socket));
  const relay = openPullRelay({ listener: await doorway.listen(clusterAddress, pullRelayPort), clients: nodeRange });
  return () => {
    api.close();
    relay.close();
    doorway.close();
  };
}

async function loopsData(plane: ControlPlane, config: ClusterConfig): Promise<LoopsData> {
  const credentials = (component: 'kube-controller-manager' | 'kube-scheduler') => {
    const pair = plane.identity.client(component, componentSubject(component));
    return { certificatePem: pem('CERTIFICATE', pair.certificate), keyPem: keyPem(pair.key) };
  };
  return {
    url: plane.url,
    caPem: pem('CERTIFICATE', plane.identity.clusterCa.certificate),
    // Upstream gives each controller a service account of its own; here all act as one, which may do everything.
    controllerManager: adminCredentials(plane),
    schedulerCredentials: credentials('kube-scheduler'),
    controllers: config.controllers,
    scheduler: config.scheduler,
    podRange: podRangeOf(config),
    serviceAccountKeyPem: keyPem(await plane.identity.serviceAccountKey),
    caKeyPem: keyPem(plane.identity.clusterCa.key),
  };
}

function adminCredentials(plane: ControlPlane) {
  const pair = plane.identity.client('loops', { ...adminSubject, commonName: 'system:kube-controller-manager' });
  return { certificatePem: pem('CERTIFICATE', pair.certificate), keyPem: keyPem(pair.key) };
}

function stopOnSignal(plane: ControlPlane, loops: Loops, inside: (() => void) | undefined): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    inside?.();
    await loops.stop();
    await plane.close();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
}
