/** UDP and TCP of one address. */

import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Responder } from '#dns/responder.ts';
import type { Clock, Timer } from '#lib/clock.ts';

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly clock: Clock;
  readonly address: string;
  readonly port: number;
  readonly respond: Responder;
  readonly onError: (error: unknown) => void;
}

const connectionsMax = 256;
/** RFC 7766 asks for a few seconds. */
const idleMsMax = 10_000;

export async function listen(options: ListenOptions): Promise<Listener> {
  const server = await listenTcp(options);
  const { port } = server.address() as AddressInfo;
  try {
    const socket = await listenUdp({ ...options, port });
    return {
      port,
      async close() {
        socket.close();
        await closeTcp(server);
      },
    };
  } catch (error) {
    await closeTcp(server);
    throw error;
  }
}

async function listenUdp({ address, port, respond, onError }: ListenOptions): Promise<DatagramSocket> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  let open = true;
  socket.on('close', () => {
    open = false;
  });
  socket.on('message', (message, from) => {
    respond(message, 'udp').then(reply => {
      if (reply !== undefined && open) socket.send(reply, from.port, from.address);
    }, onError);
  });
  socket.bind(port, address);
  await once(socket, 'listening');
  socket.on('error', onError);
  return socket;
}

const socketsOf = new WeakMap<Server, Set<Socket>>();

async function listenTcp({ clock, address, port, respond, onError }: ListenOptions): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(socket, clock, respond).catch(error => {
      socket.destroy();
      if (!isHangUp(error)) onError(error);
    });
  });
  server.maxConnections = connectionsMax;
  socketsOf.set(server, sockets);
  server.listen(port, address);
  await once(server, 'listening');
  server.on('error', onError);
  return server;
}

async function closeTcp(server: Server): Promise<void> {
  for (const socket of socketsOf.get(server) ?? []) socket.destroy();
  await new Promise(resolve => server.close(resolve));
}

/** One query after the other: two bytes of length, then the message. Who says nothing for a while is hung up on. */
async function serve(socket: Socket, clock: Clock, respond: Responder): Promise<void> {
  let timer: Timer | undefined;
  const wait = () => {
    timer?.cancel();
    timer = clock.after(idleMsMax, () => socket.destroy(), { idle: true });
  };
  wait();
  try {
    let received: Buffer = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE()) {
        const end = 2 + received.readUInt16BE();
        const reply = await respond(received.subarray(2, end), 'tcp');
        if (reply === undefined) return;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        if (!socket.write(Buffer.concat([length, reply]))) await once(socket, 'drain');
        received = received.subarray(end);
        wait();
      }
    }
  } finally {
    timer?.cancel();
    socket.destroy();
  }
}

function isHangUp(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' || code === 'EPIPE';
}
