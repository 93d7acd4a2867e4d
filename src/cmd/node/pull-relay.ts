/**
 * The way of image pulls to the outside: an HTTP proxy for the nodes' containerds. It listens inside the cluster's
 * network (through the doorway) and dials from the host's, so pulling needs no route and no rule, and works with
 * `--no-egress` too. Where the host itself goes out by a proxy, so does the relay.
 *
 * Only nodes may use it: Pods come with addresses of their own, which are refused. And nobody gets to the host's loopback
 * or to link-local addresses (where clouds answer for metadata), whatever name they have.
 */

import { lookup } from 'node:dns/promises';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Server, type Socket } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import { type Address, parseAddress, parseRange, type Range, rangeHas } from '#lib/ip.ts';

export interface PullRelayOptions {
  /** In the cluster's network: `doorway.listen(clusterAddress, pullRelayPort)`. */
  listener: Server;
  /** Addresses that may use it. */
  clients: string;
  /** The proxy that the host itself uses, `http://user:password@proxy:3128`. */
  hostProxy?: string | undefined;
  /** Address of a name; for tests. */
  resolve?: ((host: string) => Promise<string>) | undefined;
}

export interface PullRelay {
  port: number;
  close(): void;
}

const refusedRanges = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '::/127', 'fe80::/10'].map(mustRange);
const connectionsMax = 256;

export function openPullRelay(options: PullRelayOptions): PullRelay {
  const { listener } = options;
  const clients = mustRange(options.clients);
  const resolve = options.resolve ?? (async host => (await lookup(host)).address);
  const dial = dialer(resolve, options.hostProxy);
  const server = createServer();
  const sockets = new Set<Socket>();

  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    void tunnel(request.url ?? '', client, head, dial);
  });
  server.on('request', (request, response) => void forward(request, response, dial));
  server.on('clientError', (_error, socket) => socket.destroy());
  listener.maxConnections = connectionsMax;
  listener.on('connection', socket => {
    const from = parseAddress(socket.remoteAddress ?? '');
    if (from === undefined || !rangeHas(clients, from)) return socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    server.emit('connection', socket);
  });
  return {
    port: (listener.address() as { port: number }).port,
    close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

interface Dialled {
  socket: Socket;
  /** To be written first; the answer of the host's proxy to it is the client's. */
  preface: string;
}

type Dial = (host: string, port: number) => Promise<Dialled>;

/** Names are resolved here, so that the address that was checked is the one that is dialled. */
function dialer(resolve: (host: string) => Promise<string>, hostProxy: string | undefined): Dial {
  if (hostProxy !== undefined) {
    const proxy = new URL(hostProxy);
    const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    const authorization =
      proxy.username === '' ? '' : `Proxy-Authorization: Basic ${Buffer.from(credentials).toString('base64')}\r\n`;
    return async (host, port) => ({
      socket: await connected(proxy.hostname, Number(proxy.port || 80)),
      preface: `CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n${authorization}\r\n`,
    });
  }
  return async (host, port) => {
    const name = host.replace(/^\[|\]$/g, '');
    const address = parseAddress(name) === undefined ? await resolve(name) : name;
    const parsed = parseAddress(address);
    if (parsed === undefined || isRefused(parsed)) throw new Error(`${host} is ${address}, which pulls may not reach`);
    return { socket: await connected(address, port), preface: '' };
  };
}

function isRefused(address: Address): boolean {
  return refusedRanges.some(range => rangeHas(range, address));
}

function connected(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => resolve(socket.off('error', reject)));
    socket.once('error', reject);
  });
}

/** CONNECT: bytes in both directions. */
async function tunnel(target: string, client: Duplex, head: Buffer, dial: Dial): Promise<void> {
  try {
    const { hostname, port } = new URL(`http://${target}`);
    // A URL leaves out the port 80.
    const { socket, preface } = await dial(hostname, Number(port || 80));
    if (preface === '') client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    else socket.write(preface);
    socket.write(head);
    pipeline(client, socket, client, () => socket.destroy());
  } catch (error) {
    // In the status line, for that is what containerd repeats to the person whose Pod waits for its image.
    client.end(`HTTP/1.1 502 ${messageOf(error).replace(/[^ -~]/g, ' ')}\r\nConnection: close\r\n\r\n`);
  }
}

/** A request in absolute form, for registries without TLS. */
async function forward(request: IncomingMessage, response: ServerResponse, dial: Dial): Promise<void> {
  try {
    const url = new URL(request.url ?? '');
    if (url.protocol !== 'http:') throw new Error(`${url.protocol} is not relayed this way`);
    const { socket, preface } = await dial(url.hostname, Number(url.port || 80));
    // Through the host's proxy a plain request goes in absolute form as well; it needs no tunnel.
    const path = preface === '' ? `${url.pathname}${url.search}` : url.href;
    const { method, headers } = request;
    const onward = httpRequest({ createConnection: () => socket, method, path, headers });
    onward.on('error', error => fail(response, error));
    onward.on('response', answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, response, () => socket.destroy());
    });
    request.pipe(onward);
  } catch (error) {
    fail(response, error);
  }
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(502).end(`${messageOf(error)}\n`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function mustRange(text: string): Range {
  const range = parseRange(text);
  if (range === undefined) throw new RangeError(`${text} is not a range of addresses`);
  return range;
}
