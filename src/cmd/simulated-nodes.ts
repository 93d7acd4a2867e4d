/** What the control plane and the process of the simulated nodes know of each other: addresses, certificate, socket. */

import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Cluster, ClusterConfig } from '#cmd/cluster.ts';
import type { Identity } from '#cmd/identity.ts';
import { localName } from '#cmd/local-name.ts';
import { nodeCredentialFiles } from '#cmd/node-credentials.ts';
import { simulatedAddress } from '#cmd/simulated-range.ts';
import type { Dial } from '#lib/http/connect.ts';
import { keyPem, pem } from '#lib/pki.ts';

export interface SimulatedPlace {
  readonly name: string;
  readonly address: string;
}

export function simulatedPlaces(count: number): SimulatedPlace[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `sim-${index + 1}`,
    address: simulatedAddress(index + 1),
  }));
}

/** Their own, apart from the folders of real nodes. */
export function simulatedDirectory(cluster: Cluster): string {
  return join(cluster.directory, 'simulated');
}

/** Where their kubelets listen, all together. */
export function simulatedSocket(cluster: Cluster): string {
  return localName('simulated', cluster.directory);
}

/** To the kubelet of a simulated node. Which of them is meant, the host of the request says. */
export function dialSimulated(cluster: Cluster): Dial {
  return () =>
    new Promise((resolve, reject) => {
      const socket = connect(simulatedSocket(cluster));
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(socket);
      });
    });
}

/** One certificate that holds the addresses of all. */
export async function writeSimulatedCredentials(
  identity: Identity,
  cluster: Cluster,
  { simulated }: Pick<ClusterConfig, 'simulated'>,
): Promise<void> {
  if (simulated === 0) return;
  const directory = simulatedDirectory(cluster);
  const files = nodeCredentialFiles(directory);
  await mkdir(join(directory, 'pki'), { recursive: true, mode: 0o700 });
  const ips = simulatedPlaces(simulated).map(({ address }) => address);
  const serving = identity.kubeletServer('simulated', { dns: ['simulated'], ips });
  const write = (path: string, content: string) => writeFile(path, content, { mode: 0o600 });
  await Promise.all([
    write(files.servingCertificate, pem('CERTIFICATE', serving.certificate)),
    write(files.servingKey, keyPem(serving.key)),
    write(files.authority, pem('CERTIFICATE', identity.clusterCa.certificate)),
  ]);
}
