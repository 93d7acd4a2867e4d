/**
 * Sockets of another network namespace in this process. A small child, started inside with `nsenter --net`, opens them
 * and hands them over (Node's handle passing over the channel between parent and child), so no byte is relayed:
 *
 * ```ts
 * const doorway = openDoorway({ netns: '/run/netns/proa-dev' });
 * const server = await doorway.listen('10.250.0.1', 6443);
 * server.on('connection', socket => httpsServer.emit('connection', socket));
 * const socket = await doorway.connect('10.244.1.7', 8080);
 * ```
 * What was handed over stays when the child dies or the doorway is closed; the next call starts a new child.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, isIPv6, type Server, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { DoorwayAnswer, DoorwayRequest } from './messages.ts';

export interface Doorway {
  /** A listener that accepts already: add `connection` at once. */
  listen(host: string, port: number): Promise<Server>;
  /** `host` is an address. The signal gives up on a connection that is not there yet. */
  connect(host: string, port: number, options?: { signal?: AbortSignal | undefined }): Promise<Socket>;
  /** A bound socket. */
  udp(host: string, port: number): Promise<UdpSocket>;
  /** Ends the child; calls under way reject. */
  close(): void;
}

interface Waiting {
  resolve: (handle: unknown) => void;
  reject: (error: Error) => void;
}

interface Child {
  process: ChildProcess;
  waiting: Map<number, Waiting>;
}

const childFile = fileURLToPath(new URL('./doorway-child.ts', import.meta.url));

/** `netns` is a path for nsenter: `/run/netns/NAME` or `/proc/PID/ns/net`. */
export function openDoorway({ netns }: { netns: string }): Doorway {
  let child: Child | undefined;
  let lastId = 0;

  function running(): Child {
    child ??= startChild(netns, ended => {
      if (child === ended) child = undefined;
    });
    return child;
  }

  type Opening = Omit<Exclude<DoorwayRequest, { kind: 'cancel' }>, 'id'>;
  function ask(request: Opening, signal?: AbortSignal): Promise<unknown> {
    const to = running();
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        to.process.send?.({ id, kind: 'cancel' } satisfies DoorwayRequest);
        settle(() => reject(signal?.reason));
      };
      const settle = (report: () => void) => {
        signal?.removeEventListener('abort', onAbort);
        to.waiting.delete(id);
        report();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      to.waiting.set(id, {
        resolve: handle => settle(() => resolve(handle)),
        reject: error => settle(() => reject(error)),
      });
      to.process.send?.({ ...request, id });
    });
  }

  return {
    listen: async (host, port) => (await ask({ kind: 'listen', host, port })) as Server,
    connect: async (host, port, options) => (await ask({ kind: 'connect', host, port }, options?.signal)) as Socket,
    udp: async (host, port) => (await ask({ kind: 'udp', host, port })) as UdpSocket,
    close() {
      child?.process.disconnect();
      child = undefined;
    },
  };
}

function startChild(netns: string, onEnd: (child: Child) => void): Child {
  const argv = [`--net=${netns}`, '--', process.execPath, childFile];
  const started = spawn('nsenter', argv, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  const child: Child = { process: started, waiting: new Map() };
  let complaint = '';
  started.stderr?.on('data', chunk => {
    complaint = `${complaint}${chunk}`.slice(-complaintLengthMax);
  });
  const end = (how: string) => {
    onEnd(child);
    const error = new Error(`the doorway into ${netns} ${how}${complaint === '' ? '' : `: ${complaint.trim()}`}`);
    for (const waiting of [...child.waiting.values()]) waiting.reject(error);
  };
  started.on('error', error => {
    // One that did start tells by its end what went wrong; a message that it could not take says less.
    if (started.pid === undefined) end(`could not be opened: ${error.message}`);
  });
  started.on('close', (code, signal) => end(`closed (${signal ?? `exit code ${code}`})`));
  started.on('message', (message, handle) => {
    const { id, error } = message as DoorwayAnswer;
    const waiting = child.waiting.get(id);
    if (waiting === undefined) discard(handle);
    else if (error !== undefined) waiting.reject(Object.assign(new Error(error.message), error));
    else waiting.resolve(handle);
  });
  return child;
}

const complaintLengthMax = 2_000;

/** A socket that came after its caller had given up. */
function discard(handle: unknown): void {
  if (handle instanceof Socket) handle.destroy();
  else (handle as Server | UdpSocket | undefined)?.close();
}

/** The same for our own namespace, for a node that is a machine of its own. */
export const hostDoorway: Doorway = {
  listen: (host, port) =>
    new Promise((resolve, reject) => {
      const server = createServer({ pauseOnConnect: false });
      server.once('error', reject);
      server.listen({ host, port }, () => resolve(server.off('error', reject)));
    }),
  connect: (host, port, options) =>
    new Promise((resolve, reject) => {
      if (options?.signal?.aborted) return reject(options.signal.reason);
      const socket = new Socket().setNoDelay(true);
      const onAbort = () => {
        socket.destroy();
        reject(options?.signal?.reason);
      };
      options?.signal?.addEventListener('abort', onAbort, { once: true });
      socket.once('error', reject);
      socket.connect({ host, port }, () => {
        options?.signal?.removeEventListener('abort', onAbort);
        resolve(socket.off('error', reject));
      });
    }),
  udp: (host, port) =>
    new Promise((resolve, reject) => {
      const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
      socket.once('error', reject);
      socket.bind({ address: host, port, exclusive: true }, () => resolve(socket.off('error', reject)));
    }),
  close: () => undefined,
};
