/**
 * The half of a doorway inside the namespace: a process that opens sockets and hands them to its parent. It keeps nothing:
 * a listener's copy is closed once it is handed over, for a copy left open would take connections and never answer them;
 * a connection is handed over before its first byte is read.
 *
 * It ends when the channel to its parent does, so also when the parent is killed.
 */

import type { SendHandle } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer, isIPv6, Socket } from 'node:net';
import type { DoorwayAnswer, DoorwayRequest } from './messages.ts';

const connecting = new Map<number, Socket>();

function answer(message: DoorwayAnswer, handle?: SendHandle, done?: () => void): void {
  process.send?.(message, handle, {}, () => done?.());
}

function fail(id: number, error: NodeJS.ErrnoException): void {
  answer({ id, error: { message: error.message, code: error.code, syscall: error.syscall } });
}

function listen(id: number, host: string, port: number): void {
  const server = createServer({ pauseOnConnect: true });
  server.once('error', error => fail(id, error));
  server.listen({ host, port }, () => answer({ id }, server, () => server.close()));
}

function connect(id: number, host: string, port: number): void {
  const socket = new Socket().setNoDelay(true);
  connecting.set(id, socket);
  socket.pause(); // Before it connects, or the first bytes would be read here.
  socket.once('error', error => {
    if (connecting.delete(id)) fail(id, error);
  });
  socket.connect({ host, port }, () => {
    // Our copy is closed by the channel when the parent has its own.
    if (connecting.delete(id)) answer({ id }, socket);
  });
}

function udp(id: number, host: string, port: number): void {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  socket.once('error', error => fail(id, error));
  socket.bind({ address: host, port, exclusive: true }, () => answer({ id }, socket, () => socket.close()));
}

function cancel(id: number): void {
  connecting.get(id)?.destroy();
  connecting.delete(id);
}

process.on('message', (request: DoorwayRequest) => {
  if (request.kind === 'listen') listen(request.id, request.host, request.port);
  else if (request.kind === 'connect') connect(request.id, request.host, request.port);
  else if (request.kind === 'udp') udp(request.id, request.host, request.port);
  else cancel(request.id);
});
process.on('disconnect', () => process.exit());
// The terminal's Ctrl-C is the parent's to answer; its end is ours.
process.on('SIGINT', () => undefined);
