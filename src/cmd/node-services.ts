/** What runs beside the kubelet in a node's process: its server, the service proxy, DNS. */

import type { Informers } from '#client/informer.ts';
import type { Cluster, NodePlace } from '#cmd/cluster.ts';
import type { Kubelet } from '#kubelet/kubelet.ts';
import type { Log } from '#lib/log.ts';

export interface NodeServicesOptions {
  readonly cluster: Cluster;
  readonly place: NodePlace;
  readonly directory: string;
  readonly kubelet: Kubelet;
  readonly informers: Informers;
  readonly podRange: string;
  readonly log: Log;
}

export async function startNodeServices(_options: NodeServicesOptions): Promise<{ stop(): void }> {
  return { stop() {} };
}
