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
import { sleep } from '#lib/clock.ts';
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

type Way = Pick<NodePortsOptions, 'doorway' | 'places' | 'clock'>;

/** What a node has to itself before the next one is asked too. */
const headStartMs = 250;

/** The TCP node ports of a Service. UDP has no relay: it is reached on the nodes' addresses. */
export function nodePortsOf(service: Service | undefined): number[] {
  const { type, ports = [] } = service?.spec ?? {};
  if (type !== 'NodePort' && type !== 'LoadBalancer') return [];
  return ports.filter(port => (port.protocol ?? 'TCP') === 'TCP' && port.nodePort).map(port => port.nodePort as number);
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
    if (!listeners.has(port)) listeners.set(port, listen(port, { doorway, places, clock }, log));
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

function listen(port: number, way: Way, log: Log): Server {
  const server = createServer({ allowHalfOpen: true }, socket => void relay(socket, port, way));
  server.on('error', error => log.warn('a nodePort is not reachable on 127.0.0.1', { port, error: error.message }));
  server.listen({ host: '127.0.0.1', port });
  return server;
}

async function relay(socket: Socket, port: number, way: Way): Promise<void> {
  const gone = new AbortController();
  socket.on('error', () => socket.destroy());
  socket.on('close', () => gone.abort());
  try {
    const far = await connectToAny(port, way, gone.signal);
    far.on('error', () => socket.destroy());
    socket.on('close', () => far.destroy());
    far.on('close', () => socket.destroy());
    socket.pipe(far);
    far.pipe(socket);
  } catch {
    socket.destroy();
  }
}

/**
 * The first node that takes the connection. One that is silent has no more than a head start: it may be down, or have no
 * endpoint of a Service whose policy is Local, and then it drops what comes.
 */
export async function connectToAny(
  port: number,
  { doorway, places, clock }: Way,
  signal: AbortSignal,
): Promise<Socket> {
  const decided = new AbortController();
  const giveUp = AbortSignal.any([signal, decided.signal]);
  const attempts: Promise<Socket>[] = [];
  for (const { address } of places) {
    const attempt = doorway.connect(address, port, { signal: giveUp });
    attempts.push(attempt);
    const first = Promise.any(attempts).catch(() => undefined);
    const taken = await Promise.race([first, attempt.catch(() => undefined), sleep(clock, headStartMs)]);
    if (taken !== undefined) break;
  }
  try {
    const winner = await Promise.any(attempts);
    for (const attempt of attempts) {
      attempt.then(
        socket => socket !== winner && socket.destroy(),
        () => undefined,
      );
    }
    return winner;
  } finally {
    decided.abort();
  }
}
