/**
 * Where a load balancer asks whether this node has endpoints of a Service whose traffic must stay on the node
 * (`externalTrafficPolicy: Local`): an HTTP server on the Service's `healthCheckNodePort`.
 */

import { createServer, type Server } from 'node:http';
import type { Service } from '#api/core/service.ts';
import type { EndpointSlice } from '#api/discovery/endpoint-slice.ts';
import { type Key, refOfKey, type Stored } from '#client/object.ts';
import type { Log } from '#lib/log.ts';
import type { Place } from '#proxy/endpoints.ts';
import { targetsOf } from '#proxy/endpoints.ts';

export interface LocalEndpoints {
  readonly port: number;
  readonly count: number;
}

/** Undefined for a Service that is not checked so. */
export function localEndpoints(
  service: Stored<Service> | undefined,
  slices: readonly EndpointSlice[],
  place: Place,
): LocalEndpoints | undefined {
  const port = service?.spec.healthCheckNodePort;
  if (!port || service?.spec.type !== 'LoadBalancer') return undefined;
  const addresses = new Set<string>();
  for (const servicePort of service.spec.ports ?? []) {
    for (const family of ['ip', 'ip6'] as const) {
      for (const { address } of targetsOf(servicePort, slices, place, family).local) addresses.add(address);
    }
  }
  return { port, count: addresses.size };
}

interface Check {
  port: number;
  count: number;
  readonly servers: Server[];
}

export class HealthChecks {
  readonly #addresses: readonly string[];
  readonly #log: Log;
  readonly #checks = new Map<Key, Check>();

  constructor(addresses: readonly string[], log: Log) {
    this.#addresses = addresses;
    this.#log = log;
  }

  set(key: Key, wanted: LocalEndpoints | undefined): void {
    const check = this.#checks.get(key);
    if (check !== undefined && check.port === wanted?.port) {
      check.count = wanted.count;
      return;
    }
    if (check !== undefined) {
      this.#checks.delete(key);
      for (const server of check.servers) shut(server);
    }
    if (wanted !== undefined) this.#open(key, wanted);
  }

  async close(): Promise<void> {
    for (const { servers } of this.#checks.values()) await Promise.all(servers.map(shut));
    this.#checks.clear();
  }

  #open(key: Key, { port, count }: LocalEndpoints): void {
    const check: Check = { port, count, servers: [] };
    this.#checks.set(key, check);
    for (const address of this.#addresses) {
      const server = createServer((_, response) => {
        const body = { service: refOfKey(key), localEndpoints: check.count, serviceProxyHealthy: true };
        response.writeHead(check.count > 0 ? 200 : 503, {
          'content-type': 'application/json',
          'x-content-type-options': 'nosniff',
          'x-load-balancing-endpoint-weight': String(check.count),
        });
        response.end(JSON.stringify(body));
      });
      server.on('error', error => {
        this.#log.warn('the health check of a Service cannot listen', { service: key, port, error: error.message });
      });
      server.listen(port, address);
      check.servers.push(server);
    }
  }
}

function shut(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
