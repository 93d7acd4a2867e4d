/** Where simulated nodes are said to be. Nothing is ever sent there. */

import { BlockList } from 'node:net';
import type { Dial } from '#lib/http/connect.ts';
import { dialTcp } from '#lib/http/connect.ts';

const range = new BlockList();
range.addSubnet('10.251.0.0', 16);

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

function holds(list: BlockList, host: string): boolean {
  return list.check(host, host.includes(':') ? 'ipv6' : 'ipv4');
}

/** An address of its own for each, in a range that no real node uses. */
export function simulatedAddress(index: number): string {
  return `10.251.${index >> 8}.${index & 255}`;
}

const kubeletPort = 10_250;

/**
 * The ways into the cluster. Of simulated nodes only the kubelets are reached, without any network; where all nodes are
 * simulated there is no network of the cluster either, and only what listens on this machine's loopback is reached.
 */
export function dialCluster(ways: { inside: Dial | undefined; simulated: Dial }): Dial {
  return async (host, port) => {
    if (holds(range, host)) {
      if (port === kubeletPort) return ways.simulated(host, port);
      throw noWay(host, port, 'the node is simulated, nothing listens there');
    }
    if (ways.inside !== undefined) return ways.inside(host, port);
    if (host === 'localhost' || holds(loopback, host)) return dialTcp(host, port);
    throw noWay(host, port, 'this cluster has no nodes with containers, and so no network');
  };
}

function noWay(host: string, port: number, why: string): Error {
  return Object.assign(new Error(`no way to ${host}:${port}: ${why}`), { code: 'EHOSTUNREACH' });
}
