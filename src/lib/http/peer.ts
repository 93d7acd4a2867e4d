/** What a connection says of the client at its other end. */

import type { Socket } from 'node:net';
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { Clock } from '#lib/clock.ts';
import type { Peer } from './exchange.ts';

interface VerifiedChain {
  readonly leaf: Uint8Array;
  readonly root: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export class SocketPeer implements Peer {
  readonly address: string;
  readonly #chain: VerifiedChain | undefined;
  readonly #clock: Clock;

  constructor(socket: Socket, clock: Clock) {
    this.address = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
    this.#clock = clock;
    this.#chain = socket instanceof TLSSocket ? verifiedChain(socket) : undefined;
  }

  /** Looked at anew for each request: a connection can outlive the certificate that it was opened with. */
  get certificate(): Uint8Array | undefined {
    return this.#isValidNow() ? this.#chain?.leaf : undefined;
  }

  get certificateRoot(): Uint8Array | undefined {
    return this.#isValidNow() ? this.#chain?.root : undefined;
  }

  #isValidNow(): boolean {
    if (this.#chain === undefined) return false;
    const nowMs = this.#clock.nowMs();
    return this.#chain.notBeforeMs <= nowMs && nowMs <= this.#chain.notAfterMs;
  }
}

/** A certificate that does not lead to one of our CAs counts as none: who sends it is anonymous, as with upstream's `RequestClientCert`. */
function verifiedChain(socket: TLSSocket): VerifiedChain | undefined {
  if (!socket.authorized) return undefined;
  const leaf = socket.getPeerCertificate(true) as DetailedPeerCertificate | undefined;
  // A resumed session without a certificate is `authorized` too.
  if (leaf?.raw === undefined) return undefined;
  let root = leaf;
  let notBeforeMs = Date.parse(leaf.valid_from);
  let notAfterMs = Date.parse(leaf.valid_to);
  const chainCertificatesMax = 16;
  for (let i = 0; i < chainCertificatesMax && root.issuerCertificate && root.issuerCertificate !== root; i++) {
    root = root.issuerCertificate;
    notBeforeMs = Math.max(notBeforeMs, Date.parse(root.valid_from));
    notAfterMs = Math.min(notAfterMs, Date.parse(root.valid_to));
  }
  return { leaf: leaf.raw, root: root.raw, notBeforeMs, notAfterMs };
}
