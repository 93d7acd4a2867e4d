/** Opening a connection to an origin: a dialled stream, and TLS on it. */

import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '#lib/clock.ts';

/** Opens a raw connection. The usual one is a TCP connection of this process; a doorway opens them in another namespace. */
export type Dial = (host: string, port: number) => Promise<Duplex>;

/** Certificates and keys in PEM. */
export interface ClientTls {
  /** Only servers whose certificate leads to one of these. Without: the public CAs that Node knows. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  readonly certificate?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  /** The name the server's certificate must hold, when it is not the host. */
  readonly serverName?: string | undefined;
  /** Trusts any server. Only for what upstream trusts so, such as a kubelet's self-signed certificate. */
  readonly insecure?: boolean | undefined;
}

export interface Origin {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
}

export type Protocol = 'h2' | 'http/1.1';

export interface Connected {
  readonly socket: Duplex;
  readonly protocol: Protocol;
}

/** To a connection that is ready for its first request, TLS handshake included. */
export const connectMsMax = 30_000;
const keepAliveProbeMs = 30_000;

export const dialTcp: Dial = (host, port) =>
  new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveProbeMs });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });

export async function connectTo(
  origin: Origin,
  options: { dial: Dial; tls: ClientTls; protocols: readonly Protocol[]; clock: Clock },
): Promise<Connected> {
  const { promise: late, reject: tooLate } = Promise.withResolvers<never>();
  late.catch(() => {});
  let opened: Duplex | undefined;
  const timer = options.clock.after(connectMsMax, () => {
    tooLate(new Error(`no connection to ${origin.host}:${origin.port} within ${connectMsMax / 1000} s`));
  });
  const dialled = options.dial(origin.host, origin.port).then(socket => {
    opened = socket;
    return socket;
  });
  try {
    const socket = await Promise.race([dialled, late]);
    if (!origin.secure) return { socket, protocol: 'http/1.1' };
    return await Promise.race([secured(socket, origin, options), late]);
  } catch (error) {
    // One that is still being dialled is closed as soon as it is there.
    if (opened === undefined) dialled.then(socket => socket.destroy()).catch(() => {});
    else destroyQuietly(opened);
    throw error;
  } finally {
    timer.cancel();
  }
}

function secured(
  socket: Duplex,
  origin: Origin,
  options: { tls: ClientTls; protocols: readonly Protocol[] },
): Promise<Connected> {
  const { ca, certificate, key, serverName, insecure } = options.tls;
  const name = serverName ?? origin.host;
  return new Promise((resolve, reject) => {
    const tls = connectTls({
      socket,
      host: name,
      // An address is no server name in TLS; it is checked against the certificate all the same.
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ALPNProtocols: [...options.protocols],
      ca: typeof ca === 'object' && !Buffer.isBuffer(ca) ? [...ca] : ca,
      cert: certificate,
      key,
      rejectUnauthorized: insecure !== true,
      minVersion: 'TLSv1.2',
    });
    const onError = (error: Error) => reject(error);
    const onClose = () =>
      reject(new Error(`${origin.host}:${origin.port} closed the connection during the TLS handshake`));
    tls.once('error', onError).once('close', onClose);
    tls.once('secureConnect', () => {
      tls.off('error', onError).off('close', onClose);
      resolve({ socket: tls, protocol: tls.alpnProtocol === 'h2' ? 'h2' : 'http/1.1' });
    });
  });
}

function destroyQuietly(socket: Duplex): void {
  socket.on('error', () => {});
  socket.destroy();
}
