/** How the server reaches the kubelet of a node: by the node's own addresses, with the server's client certificate. */

import type { Node } from '#api/core/node.ts';
import type { Clock } from '#lib/clock.ts';
import { HttpClient } from '#lib/http/client.ts';
import type { ClientTls, Dial } from '#lib/http/connect.ts';
import { untypedError } from '#machinery/api-error.ts';

export interface KubeletOptions {
  readonly clock: Clock;
  /** Trusts the cluster's CA and shows the server's certificate for kubelets. */
  readonly tls: () => ClientTls;
  /** Through the doorway, where nodes live in networks of their own. */
  readonly dial?: Dial | undefined;
}

/** Upstream's `--kubelet-preferred-address-types`. */
const preferredAddresses = ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'];
const usableAddresses = preferredAddresses.filter(type => type.endsWith('IP'));
const connectionsMax = 5_000;

export class Kubelets {
  readonly #options: KubeletOptions;
  readonly #clients = new Map<string, HttpClient>();

  constructor(options: KubeletOptions) {
    this.#options = options;
  }

  /** Throws a 500 when the node has no address. */
  placeOf(node: Node): { address: string; port: number } {
    const addresses = node.status?.addresses ?? [];
    const address = usableAddresses
      .map(type => addresses.find(each => each.type === type)?.address)
      .find(each => each !== undefined);
    if (address === undefined) {
      const known = addresses.map(each => `{${each.type} ${each.address}}`).join(' ');
      throw untypedError(`no preferred addresses found; known addresses: [${known}]`);
    }
    return { address, port: node.status?.daemonEndpoints?.kubeletEndpoint?.Port || 10_250 };
  }

  /** Throws as `placeOf` does. */
  of(node: Node): HttpClient {
    const { address, port } = this.placeOf(node);
    const url = `https://${address.includes(':') ? `[${address}]` : address}:${port}`;
    const known = this.#clients.get(url);
    if (known !== undefined) return known;
    if (this.#clients.size >= connectionsMax) this.close();
    const { clock, tls, dial } = this.#options;
    const client = new HttpClient({ url, clock, tls, dial, protocols: ['http/1.1'] });
    this.#clients.set(url, client);
    return client;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}
