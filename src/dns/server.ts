/**
 * The DNS of one node: answers for the cluster domain and for the addresses of Services and endpoints, on the cluster
 * DNS address, which every node has on its loopback. So a Pod asks its own node, and no question crosses the network.
 */

import type { Copies } from '#dns/cluster-data.ts';
import { clusterData } from '#dns/cluster-data.ts';
import { createForwarder } from '#dns/forward.ts';
import { type Listener, listen } from '#dns/listener.ts';
import { createResponder } from '#dns/responder.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { run } from '#lib/process.ts';
import type { Random } from '#lib/random.ts';

export interface DnsOptions {
  readonly informers: Copies;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly run: typeof run;
  /** The address of the Service `kube-dns`: given to the loopback while the DNS runs. */
  readonly serviceIps: readonly string[];
  /** Other addresses to answer at: the node's, for the endpoints of that Service. */
  readonly addresses: readonly string[];
  readonly port?: number | undefined;
  /** `cluster.local` */
  readonly clusterDomain: string;
  /** Resolvers for everything else. Without any, such questions are refused. */
  readonly upstreams?: readonly string[] | undefined;
}

export interface Dns {
  /** Resolves once the answers are complete; until then, they are SERVFAIL. */
  readonly synced: Promise<void>;
  stop(): Promise<void>;
}

/** Listens when it resolves. */
export async function startDns(options: DnsOptions): Promise<Dns> {
  const { informers, clock, random, log, serviceIps, addresses, port = 53, clusterDomain, upstreams = [] } = options;
  const labels = clusterDomain.toLowerCase().split('.');
  const data = clusterData({ informers, clock, clusterDomain: labels, serverAddresses: serviceIps });
  let ready = false;
  const synced = data.synced.then(() => {
    ready = true;
  });
  const forwarder = upstreams.length === 0 ? undefined : createForwarder({ clock, random, upstreams });
  const respond = createResponder({ data, random, ready: () => ready, forwarder });
  const onError = (error: unknown) => {
    log.warn('the DNS could not answer', { error: error instanceof Error ? error.message : String(error) });
  };
  const listeners: Listener[] = [];
  const stop = async () => {
    data.stop();
    for (const listener of listeners) await listener.close();
    for (const ip of serviceIps) await changeLoopback(options.run, 'delete', ip).catch(onError);
  };
  try {
    for (const ip of serviceIps) await changeLoopback(options.run, 'replace', ip);
    for (const address of [...serviceIps, ...addresses]) {
      listeners.push(await listen({ clock, address, port, respond, onError }));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { synced, stop };
}

async function changeLoopback(run: DnsOptions['run'], verb: 'replace' | 'delete', ip: string): Promise<void> {
  await run(['ip', 'address', verb, `${ip}/${ip.includes(':') ? 128 : 32}`, 'dev', 'lo']);
}
