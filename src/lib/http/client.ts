/**
 * A client of one origin: the API server, a kubelet, a Pod behind a proxy, a webhook. HTTP/2 where the server offers it, all
 * requests over one connection (another only when the first is full); else HTTP/1.1 with connections kept alive. Redirects
 * are never followed: what a server answers cannot send us elsewhere.
 */

import { Agent, type ClientRequest, type IncomingMessage, request as requestHttp1 } from 'node:http';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import type { Clock } from '#lib/clock.ts';
import { readWhole } from './body.ts';
import {
  type ClientTls,
  type Connected,
  connectTo,
  type Dial,
  dialTcp,
  type Origin,
  type Protocol,
} from './connect.ts';
import type { HeaderValues } from './exchange.ts';
import { headersFromRaw, wireHeaders } from './headers.ts';
import { Http2Connection, RequestRefused } from './http2-connection.ts';
import { StreamBody, type Transport, type TransportRequest, type TransportResponse } from './transport.ts';

export interface HttpClientOptions {
  /** `https://127.0.0.1:6443`; a path, if there is one, comes before every target. */
  readonly url: string;
  readonly clock: Clock;
  /** Called for each new connection, so that renewed certificates are used from then on. */
  readonly tls?: (() => ClientTls) | undefined;
  /** The bearer token of a request that has no `authorization` of its own. */
  readonly token?: (() => string | undefined | Promise<string | undefined>) | undefined;
  readonly dial?: Dial | undefined;
  /** What to offer the server. */
  readonly protocols?: readonly Protocol[] | undefined;
}

/** The answer to a request that asked to leave HTTP. */
export type UpgradeReply =
  | { readonly switched: true; readonly headers: HeaderValues; readonly socket: Duplex; readonly head: Uint8Array }
  | { readonly switched: false; readonly status: number; readonly headers: HeaderValues; readonly body: Uint8Array };

/** HTTP/2 connections to one origin. Beyond them requests wait in the emptiest. */
const connectionsMax = 8;
/** HTTP/1.1 connections to one origin. Beyond them requests wait. */
const socketsMax = 64;
const idleSocketsMax = 8;
/** Less than the 90 s after which servers close idle connections. */
const idleSocketMsMax = 60_000;
const refusalsMax = 3;
/** The part of a refusal's body that is kept. */
const refusalBytesMax = 64 << 10;

export class HttpClient {
  readonly clock: Clock;
  readonly #options: HttpClientOptions;
  readonly #origin: Origin;
  /** Host and port, as in the `host` header. */
  readonly authority: string;
  /** The path that comes before every target. */
  readonly prefix: string;
  readonly #agent: Agent;
  #protocol: Protocol | undefined;
  #connections: Http2Connection[] = [];
  #connecting: Promise<void> | undefined;
  /** A connection made before it was known that the server speaks HTTP/1.1. */
  #spare: Duplex | undefined;
  #closed = false;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.clock = options.clock;
    const url = new URL(options.url);
    const secure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    this.#origin = { secure, host, port: Number(url.port || (secure ? 443 : 80)) };
    this.authority = url.host;
    this.prefix = url.pathname.replace(/\/$/, '');
    this.#agent = this.#createAgent();
    if (!secure) this.#protocol = 'http/1.1';
  }

  /** A Transport; it may be taken off the client. */
  readonly request: Transport = async request => {
    const authorized = await this.authorize(request);
    for (let refusals = 1; ; refusals++) {
      try {
        return await this.#send(authorized);
      } catch (error) {
        const canRepeat = error instanceof RequestRefused && !(request.body instanceof Readable);
        if (!canRepeat || refusals >= refusalsMax) throw error;
      }
    }
  };

  /**
   * Sends a request to leave HTTP, over a connection of its own. Only a 101 opens a tunnel; after any other status the
   * connection is closed, whatever the server thinks (CVE-2018-1002105).
   */
  async upgrade(request: TransportRequest): Promise<UpgradeReply> {
    const authorized = await this.authorize(request);
    const socket = await this.open();
    return new Promise((resolve, reject) => {
      const sent = this.#http1Request(authorized, { createConnection: () => socket });
      const fail = (error: unknown) => {
        socket.destroy();
        reject(error);
      };
      sent.on('error', fail);
      sent.once('upgrade', (reply: IncomingMessage, tunnel: Duplex, head: Uint8Array) => {
        sent.off('error', fail);
        resolve({ switched: true, headers: headersFromRaw(reply.rawHeaders), socket: tunnel, head });
      });
      sent.once('response', (reply: IncomingMessage) => {
        readWhole(reply, refusalBytesMax)
          .catch(() => new Uint8Array(0))
          .then(body => {
            socket.destroy();
            const headers = headersFromRaw(reply.rawHeaders);
            resolve({ switched: false, status: reply.statusCode!, headers, body });
          });
      });
      sendBody(sent, authorized.body);
    });
  }

  /** Lets requests under way finish, and takes no others. */
  close(): void {
    this.#closed = true;
    this.#spare?.destroy();
    for (const connection of [...this.#connections]) connection.close();
    this.#agent.destroy();
  }

  /** A new connection, ready for HTTP/1.1, for whoever speaks something of its own on it. */
  async open(): Promise<Duplex> {
    return (await this.#connect(['http/1.1'])).socket;
  }

  /** The request with the credentials of this client. */
  async authorize(request: TransportRequest): Promise<TransportRequest> {
    if (this.#options.token === undefined || request.headers?.['authorization'] !== undefined) return request;
    const token = await this.#options.token();
    if (token === undefined) return request;
    return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
  }

  async #send(request: TransportRequest): Promise<TransportResponse> {
    request.signal?.throwIfAborted();
    while (this.#protocol !== 'http/1.1') {
      if (this.#closed) throw new Error('the client is closed');
      const emptiest = this.#connections.reduce<Http2Connection | undefined>(
        (best, one) => (best === undefined || one.openCount < best.openCount ? one : best),
        undefined,
      );
      const isFull = this.#connections.length >= connectionsMax;
      if (emptiest !== undefined && (emptiest.hasRoom || isFull)) {
        return emptiest.request(request, this.prefix + request.target);
      }
      this.#connecting ??= this.#addConnection().finally(() => {
        this.#connecting = undefined;
      });
      await withSignal(this.#connecting, request.signal);
    }
    return this.#sendHttp1(request);
  }

  async #addConnection(): Promise<void> {
    const { socket, protocol } = await this.#connect(this.#options.protocols ?? ['h2', 'http/1.1']);
    if (protocol === 'http/1.1') {
      this.#protocol = protocol;
      this.#spare = socket;
      socket
        .once('error', () => {})
        .once('close', () => {
          if (this.#spare === socket) this.#spare = undefined;
        });
      return;
    }
    const connection = await Http2Connection.open(socket, this.authority, this.#options.clock, ended => {
      this.#connections = this.#connections.filter(one => one !== ended);
    });
    if (this.#closed) connection.destroy();
    else this.#connections.push(connection);
  }

  #connect(protocols: readonly Protocol[]): Promise<Connected> {
    const { clock, dial = dialTcp, tls } = this.#options;
    return connectTo(this.#origin, { clock, dial, tls: tls?.() ?? {}, protocols });
  }

  #createAgent(): Agent {
    const agent = new Agent({
      keepAlive: true,
      maxSockets: socketsMax,
      maxFreeSockets: idleSocketsMax,
      timeout: idleSocketMsMax,
    });
    agent.createConnection = (_options, created) => {
      const spare = this.#spare;
      this.#spare = undefined;
      const socket =
        spare === undefined ? this.#connect(['http/1.1']).then(made => made.socket) : Promise.resolve(spare);
      socket.then(
        made => created?.(null, made),
        error => created?.(error, undefined as never),
      );
      return undefined;
    };
    return agent;
  }

  #http1Request(request: TransportRequest, how: { agent: Agent } | { createConnection: () => Duplex }): ClientRequest {
    const headers: Record<string, string | number | string[]> = { host: this.authority };
    const wire = wireHeaders(request.headers ?? {});
    for (const name in wire) {
      const value = wire[name];
      if (value !== undefined) headers[name] = typeof value === 'string' ? value : [...value];
    }
    if (request.body instanceof Uint8Array) headers['content-length'] = request.body.length;
    else if (request.body === undefined && /^(POST|PUT|PATCH)$/.test(request.method)) headers['content-length'] = 0;
    const path = this.prefix + request.target;
    return requestHttp1({ method: request.method, path, headers, signal: request.signal, ...how });
  }

  #sendHttp1(request: TransportRequest): Promise<TransportResponse> {
    return new Promise((resolve, reject) => {
      const sent = this.#http1Request(request, { agent: this.#agent });
      sent.on('error', error => {
        // The server closed a connection it held for idle just as we used it.
        const isStale = sent.reusedSocket && 'code' in error && error.code === 'ECONNRESET';
        const mayRepeat = request.method === 'GET' || request.method === 'HEAD';
        reject(isStale && mayRepeat ? new RequestRefused(error.message) : error);
      });
      sent.once('response', (reply: IncomingMessage) => {
        resolve({ status: reply.statusCode!, headers: headersFromRaw(reply.rawHeaders), body: new StreamBody(reply) });
      });
      sendBody(sent, request.body);
    });
  }
}

function sendBody(sent: ClientRequest, body: Uint8Array | Readable | undefined): void {
  if (body instanceof Readable) {
    body.once('error', error => sent.destroy(error));
    sent.once('close', () => body.destroy());
    // The server may have something to say before there is any body.
    sent.flushHeaders();
    body.pipe(sent);
  } else {
    sent.end(body);
  }
}

function withSignal<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
