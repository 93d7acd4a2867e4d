/**
 * One port for HTTP/1.1 and HTTP/2, over TLS or plain (HTTP/1.1 only). TLS chooses the protocol by ALPN and asks for a
 * client certificate without insisting on one.
 *
 * Connections come from `listen`, or from anyone who has one: `accept` takes a socket that a doorway handed over.
 */

import { constants as cryptoConstants } from 'node:crypto';
import {
  createServer as createHttp1,
  type Server as Http1Server,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import {
  constants,
  createServer as createHttp2,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, createServer as createTcp, type Socket, type Server as TcpServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTls, type TLSSocket, type Server as TlsServer } from 'node:tls';
import type { Clock } from '#lib/clock.ts';
import { Connection } from './connection.ts';
import type { Exchange, Handler, Peer } from './exchange.ts';
import { headerBytesMax, headerPairsMax, headersFromRaw, headerTokens } from './headers.ts';
import { Http1Exchange, UpgradeExchange } from './http1-exchange.ts';
import { Http2Exchange } from './http2-exchange.ts';
import { SocketPeer } from './peer.ts';

export interface ServerTls {
  /** PEM, with the intermediate certificates behind it. */
  readonly certificate: string | Buffer;
  readonly key: string | Buffer;
  /** PEM certificates that client certificates may lead to. None: clients are not asked for one. */
  readonly clientCas?: readonly (string | Buffer)[] | undefined;
}

export interface ServerLimits {
  readonly connectionsMax: number;
  /** Requests under way at once on one HTTP/2 connection. */
  readonly streamsMax: number;
  /** From the connection to the end of the first request's head. Upstream: 32 s. */
  readonly firstRequestMsMax: number;
  /** A connection without requests is closed after this. Upstream: 90 s. */
  readonly idleMsMax: number;
  /** Streams a client may reset in one go, and then each second (CVE-2023-44487). */
  readonly resetsBurst: number;
  readonly resetsPerSecond: number;
}

export const serverLimits: ServerLimits = {
  connectionsMax: 20_000,
  streamsMax: 250,
  firstRequestMsMax: 32_000,
  idleMsMax: 90_000,
  resetsBurst: 1000,
  resetsPerSecond: 100,
};

export interface ServerOptions {
  readonly handler: Handler;
  readonly clock: Clock;
  readonly tls?: ServerTls | undefined;
  readonly limits?: Partial<ServerLimits> | undefined;
  /** Told what a handler threw. The client gets a 500, or a broken reply if one had begun. */
  readonly onError?: ((error: unknown, exchange: Exchange) => void) | undefined;
}

/** Received bytes of one stream that may wait for their reader: most bodies fit. Upstream's value. */
const streamWindowBytes = 256 << 10;
/** Bytes of all streams of a connection. A hundred bodies of that size. */
const connectionWindowBytes = 25 << 20;
/** Memory of one HTTP/2 session, in MB: more than its streams can have waiting to be sent. */
const sessionMemoryMegabytesMax = 256;
const handshakeMsMax = 10_000;
const keepAliveProbeMs = 30_000;
const plainRequestReply = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';

/** An idle connection has this long to read that it is closed. */
const farewellMs = 100;

/** Any other `Upgrade` is not one: the request is answered as an ordinary one (kubernetes/kubernetes#72112). */
const upgradeProtocols = ['websocket', 'spdy/3.1'];

type ServedExchange = Exchange & { readonly replied: boolean; abort(): void };

export class HttpServer {
  readonly #handler: Handler;
  readonly #clock: Clock;
  readonly #onError: (error: unknown, exchange: Exchange) => void;
  readonly #limits: ServerLimits;
  readonly #tls: TlsServer | undefined;
  readonly #http1: Http1Server;
  readonly #http2: Http2Server;
  readonly #listeners = new Set<TcpServer>();
  /** Every open socket, those in their handshake and those that were upgraded among them. */
  readonly #sockets = new Set<Duplex>();
  /** How to end each HTTP connection once what is under way on it is finished. */
  readonly #finishers = new Map<Connection, () => void>();
  readonly #http1Connections = new WeakMap<Duplex, Connection>();
  #closing = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: ServerOptions) {
    this.#handler = options.handler;
    this.#clock = options.clock;
    this.#onError = options.onError ?? (() => {});
    this.#limits = { ...serverLimits, ...options.limits };
    this.#http1 = this.#createHttp1();
    this.#http2 = this.#createHttp2();
    this.#tls = options.tls === undefined ? undefined : this.#createTls(options.tls);
  }

  /** Listens on an address, or on a unix socket. Gives back the address, with the port that was found for port 0. */
  async listen(at: { host: string; port: number } | { path: string }): Promise<{ host: string; port: number }> {
    const listener = createTcp({ noDelay: true }, socket => this.accept(socket));
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(at, () => {
        listener.off('error', reject);
        resolve();
      });
    });
    this.#listeners.add(listener);
    const address = listener.address() as AddressInfo | string;
    return typeof address === 'string' ? { host: address, port: 0 } : { host: address.address, port: address.port };
  }

  /** Serves a connection from whose socket nothing was read yet. */
  accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (this.#closing || this.#sockets.size >= this.#limits.connectionsMax) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#onEmpty?.();
    });
    // A client whose machine has died says nothing: without probes its watches would stay for ever.
    socket.setKeepAlive(true, keepAliveProbeMs);
    if (this.#tls === undefined) this.#serveHttp1(socket);
    else this.#tls.emit('connection', socket);
  }

  /** New certificates for the connections to come. */
  setTls(tls: ServerTls): void {
    this.#tls?.setSecureContext(secureOptions(tls));
  }

  /**
   * Takes no more connections, finishes the replies under way and closes. What is not finished after `graceMs` is cut off;
   * replies that go on, such as watches, are for their handlers to end before.
   */
  async close(graceMs: number): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    for (const listener of this.#listeners) listener.close();
    const empty = new Promise<void>(resolve => {
      this.#onEmpty = resolve;
    });
    for (const finish of [...this.#finishers.values()]) finish();
    if (this.#sockets.size === 0) return;
    const timer = this.#clock.after(graceMs, () => this.#destroyAll());
    await empty;
    timer.cancel();
  }

  #destroyAll(): void {
    for (const socket of [...this.#sockets]) socket.destroy();
  }

  #createTls(tls: ServerTls): TlsServer {
    const server = createTls({
      ...secureOptions(tls),
      ALPNProtocols: ['h2', 'http/1.1'],
      requestCert: (tls.clientCas?.length ?? 0) > 0,
      // A certificate that does not verify counts as none (peer.ts); the client may still have a token.
      rejectUnauthorized: false,
      handshakeTimeout: handshakeMsMax,
    });
    server.on('secureConnection', socket => {
      socket.on('error', () => socket.destroy());
      if (socket.alpnProtocol === 'h2') this.#serveHttp2(socket);
      else this.#serveHttp1(socket);
    });
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      // `curl http://…`: told as Go's server tells it, on the socket below the one that could not be.
      const below = (socket as { _parent?: Socket })._parent;
      if (error.code === 'ERR_SSL_HTTP_REQUEST') below?.end(plainRequestReply);
      socket.destroy();
    });
    return server;
  }

  #createHttp1(): Http1Server {
    const server = createHttp1({
      maxHeaderSize: headerBytesMax,
      // Time limits are the connection's (connection.ts): Node's are kept by a poll that only `listen` starts.
      headersTimeout: 0,
      requestTimeout: 0,
      keepAliveTimeout: 0,
      shouldUpgradeCallback: isUpgrade,
    });
    // Node drops what exceeds this silently; the bound is checked for each request instead.
    server.maxHeadersCount = 0;
    server.on('request', (request, response) => this.#onRequest(request, response, false));
    server.on('checkContinue', (request, response) => this.#onRequest(request, response, true));
    server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
    return server;
  }

  #createHttp2(): Http2Server {
    const server = createHttp2({
      maxHeaderListPairs: headerPairsMax,
      maxSessionMemory: sessionMemoryMegabytesMax,
      streamResetBurst: this.#limits.resetsBurst,
      streamResetRate: this.#limits.resetsPerSecond,
      settings: {
        maxConcurrentStreams: this.#limits.streamsMax,
        maxHeaderListSize: headerBytesMax,
        initialWindowSize: streamWindowBytes,
        enablePush: false,
      },
    });
    server.on('sessionError', (_error, session) => session.destroy());
    return server;
  }

  #connection(socket: Socket | TLSSocket, finish: (connection: Connection) => void): Connection {
    const peer: Peer = new SocketPeer(socket, this.#clock);
    const connection = new Connection(peer, this.#clock, this.#limits, () => finish(connection));
    this.#finishers.set(connection, () => finish(connection));
    socket.once('close', () => {
      connection.release();
      this.#finishers.delete(connection);
    });
    if (this.#closing) finish(connection);
    return connection;
  }

  #serveHttp1(socket: Socket): void {
    const connection = this.#connection(socket, c => {
      // With a reply under way, that reply says `connection: close`.
      if (c.openCount === 0) socket.destroy();
    });
    this.#http1Connections.set(socket, connection);
    this.#http1.emit('connection', socket);
  }

  #serveHttp2(socket: TLSSocket): void {
    let session: ServerHttp2Session | undefined;
    const connection = this.#connection(socket, () => {
      if (session !== undefined && !session.closed) session.close();
      // A peer that is gone, or that leaves its own half open, is not waited for once it has been told.
      socket.once('finish', () => socket.destroy());
      this.#clock.after(farewellMs, () => {
        if (connection.openCount === 0) socket.destroy();
      });
    });
    this.#http2.once('session', made => {
      session = made;
    });
    this.#http2.emit('connection', socket);
    if (session === undefined) return;
    // One whose handshake was under way: it could not be told before.
    if (this.#closing) session.close();
    session.setLocalWindowSize(connectionWindowBytes);
    session.on('error', () => {});
    session.on('stream', (stream, headers, _flags, raw) => this.#onStream(connection, session!, stream, headers, raw));
  }

  #onStream(
    connection: Connection,
    session: ServerHttp2Session,
    stream: ServerHttp2Stream,
    headers: Record<string, unknown>,
    raw: readonly string[],
  ): void {
    const method = headers[':method'];
    const target = headers[':path'];
    if (typeof method !== 'string' || typeof target !== 'string') {
      stream.on('error', () => {});
      stream.close(constants.NGHTTP2_PROTOCOL_ERROR);
      return;
    }
    if (connection.handlerCount >= 2 * this.#limits.streamsMax) {
      // Streams reset faster than their handlers end.
      stream.on('error', () => {});
      session.destroy(new Error('too many requests given up'), constants.NGHTTP2_ENHANCE_YOUR_CALM);
      return;
    }
    const exchange = new Http2Exchange(stream, { method, target, raw }, connection.peer, this.#clock);
    this.#serve(connection, exchange);
  }

  #onRequest(request: IncomingMessage, response: ServerResponse, continueWanted: boolean): void {
    const connection = this.#http1Connections.get(request.socket);
    if (connection === undefined) return void response.destroy();
    const exchange = new Http1Exchange(request, response, {
      peer: connection.peer,
      continueWanted,
      isLast: () => this.#closing,
      clock: this.#clock,
    });
    if (request.rawHeaders.length > 2 * headerPairsMax) exchange.reply(431, {});
    else this.#serve(connection, exchange);
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    const connection = this.#http1Connections.get(request.socket);
    if (connection === undefined) return void socket.destroy();
    connection.release();
    this.#finishers.delete(connection);
    const exchange = new UpgradeExchange(request, socket, head, { peer: connection.peer, clock: this.#clock });
    if (request.rawHeaders.length > 2 * headerPairsMax) exchange.reply(431, {});
    else this.#serve(connection, exchange);
  }

  #serve(connection: Connection, exchange: ServedExchange): void {
    connection.began();
    exchange.onClose(() => connection.ended());
    try {
      const result = this.#handler(exchange);
      if (result === undefined) return;
      connection.handlerCount++;
      result.then(
        () => {
          connection.handlerCount--;
        },
        error => {
          connection.handlerCount--;
          this.#failed(exchange, error);
        },
      );
    } catch (error) {
      this.#failed(exchange, error);
    }
  }

  #failed(exchange: ServedExchange, error: unknown): void {
    this.#onError(error, exchange);
    if (exchange.closed) return;
    if (exchange.replied) exchange.abort();
    else exchange.reply(500, { 'content-type': 'text/plain; charset=utf-8' }, Buffer.from('Internal Server Error\n'));
  }
}

function isUpgrade(request: IncomingMessage): boolean {
  const headers = headersFromRaw(request.rawHeaders);
  return headerTokens(headers, 'upgrade').some(protocol => upgradeProtocols.includes(protocol));
}

function secureOptions(tls: ServerTls) {
  return {
    cert: tls.certificate,
    key: tls.key,
    ca: tls.clientCas === undefined ? undefined : [...tls.clientCas],
    minVersion: 'TLSv1.2' as const,
    // No resumption: every connection verifies its certificate against the CAs of now.
    secureOptions: cryptoConstants.SSL_OP_NO_TICKET,
  };
}
