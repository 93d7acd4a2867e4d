/**
 * nodePorts on the host's own 127.0.0.1, where a person tries them first. The nodes answer them on their own addresses;
 * this is a relay to the first node that takes the connection. A port that another program holds is reported, not stolen.
 */

import { createServer, type Server, type Socket } from 'node:net';
import type { Service } from '#api/core/service.ts';
import { services } from '#api/core/service.ts';
import { Client } from '#client/client.ts';
import { Informer } from '#client/informer.ts';
import { jsonTransport } from '#client/json-transport.ts';
import type { NodePlace } from '#cmd/cluster.ts';
import type { ControlPlane } from '#cmd/control-plane.ts';
import { adminSubject } from '#cmd/identity.ts';
import type { Clock } from '#lib/clock.ts';
import type { Doorway } from '#lib/doorway/doorway.ts';
import { memoryTransport } from '#lib/http/memory.ts';
import type { Log } from '#lib/log.ts';
import type { Random } from '#lib/random.ts';

export interface NodePortsOptions {
  readonly plane: ControlPlane;
  readonly doorway: Doorway;
  readonly places: readonly NodePlace[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The TCP node ports of a Service. UDP has no relay: it is reached on the nodes' addresses. */
export function nodePortsOf(service: Service | undefined): number[] {
  const { type, ports = [] } = service?.spec ?? {};
  if (type !== 'NodePort' && type !== 'LoadBalancer') return [];
  return ports.filter(port => port.protocol !== 'UDP' && port.nodePort).map(port => port.nodePort as number);
}

export function openNodePorts({ plane, doorway, places, clock, random, log }: NodePortsOptions): void {
  const listeners = new Map<number, Server>();
  const peer = {
    address: '',
    certificate: plane.identity.client('admin', adminSubject).certificate,
    certificateRoot: plane.identity.clusterCa.certificate,
  };
  const transport = memoryTransport(exchange => plane.api.server.handle(exchange), peer);
  const client = new Client({ transport: jsonTransport({ transport, userAgent: 'proa-node-ports' }), clock });
  const informer = new Informer<Service>(services, {}, { client, clock, random });
  const open = (port: number) => {
    if (!listeners.has(port)) listeners.set(port, listen(port, doorway, places, log));
  };
  const close = (port: number) => {
    listeners.get(port)?.close();
    listeners.delete(port);
  };
  informer.on({
    add: service => nodePortsOf(service).forEach(open),
    update(old, service) {
      const wanted = new Set(nodePortsOf(service));
      nodePortsOf(old)
        .filter(port => !wanted.has(port))
        .forEach(close);
      wanted.forEach(open);
    },
    delete: service => nodePortsOf(service).forEach(close),
  });
  informer.start();
}

function listen(port: number, doorway: Doorway, places: readonly NodePlace[], log: Log): Server {
  const server = createServer({ allowHalfOpen: true }, socket => void relay(socket, port, doorway, places));
  server.on('error', error => log.warn('a nodePort is not reachable on 127.0.0.1', { port, error: error.message }));
  server.listen({ host: '127.0.0.1', port });
  return server;
}

async function relay(socket: Socket, port: number, doorway: Doorway, places: readonly NodePlace[]): Promise<void> {
  socket.on('error', () => socket.destroy());
  for (const { address } of places) {
    try {
      const far = await doorway.connect(address, port);
      far.on('error', () => socket.destroy());
      socket.on('close', () => far.destroy());
      far.on('close', () => socket.destroy());
      socket.pipe(far);
      far.pipe(socket);
      return;
    } catch {
      // That node is down: the next one.
    }
  }
  socket.destroy();
}
