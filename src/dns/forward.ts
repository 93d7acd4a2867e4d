/** Questions that the cluster cannot answer go to upstream resolvers, and their replies back, byte for byte. */

import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { messageBytesMax, withId } from '#dns/message.ts';
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';

export type Carrier = 'udp' | 'tcp';

export interface ForwardOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Addresses, asked in turn until one replies. */
  readonly upstreams: readonly string[];
  readonly upstreamPort?: number | undefined;
}

export interface Forwarder {
  /** Undefined when no upstream replied, or too many questions are under way. */
  ask(message: Uint8Array, carrier: Carrier): Promise<Uint8Array | undefined>;
}

const replyMsMax = 2000;
/** CoreDNS's `max_concurrent`. */
const questionsMax = 1000;

export function createForwarder({ clock, random, upstreams, upstreamPort = 53 }: ForwardOptions): Forwarder {
  let questionCount = 0;
  return {
    async ask(message, carrier) {
      if (questionCount >= questionsMax) return undefined;
      questionCount++;
      try {
        const id = Buffer.from(message.subarray(0, 2)).readUInt16BE();
        const first = Math.floor(random.next() * upstreams.length);
        for (let turn = 0; turn < upstreams.length; turn++) {
          // An id and a port of our own for each question, so that a forged reply has to guess both.
          const outId = Buffer.from(random.bytes(2)).readUInt16BE();
          const host = upstreams[(first + turn) % upstreams.length]!;
          const ask = carrier === 'udp' ? askByUdp : askByTcp;
          const reply = await ask({ clock, host, port: upstreamPort, message: withId(message, outId) });
          if (reply !== undefined) return withId(reply, id);
        }
        return undefined;
      } finally {
        questionCount--;
      }
    },
  };
}

interface Ask {
  readonly clock: Clock;
  readonly host: string;
  readonly port: number;
  readonly message: Uint8Array;
}

function answers(reply: Uint8Array, message: Uint8Array): boolean {
  return reply.length >= 12 && reply[0] === message[0] && reply[1] === message[1] && (reply[2]! & 0x80) !== 0;
}

function askByUdp({ clock, host, port, message }: Ask): Promise<Uint8Array | undefined> {
  return new Promise(resolve => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    const finish = (reply?: Uint8Array) => {
      timer.cancel();
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
      resolve(reply);
    };
    const timer = clock.after(replyMsMax, () => finish());
    socket.on('error', () => finish());
    socket.on('message', reply => answers(reply, message) && finish(reply));
    // Connected: only the upstream is heard, its refusal too.
    socket.connect(port, host, () => socket.send(message));
  });
}

function askByTcp({ clock, host, port, message }: Ask): Promise<Uint8Array | undefined> {
  return new Promise(resolve => {
    const socket = connect({ host, port });
    const framed = Buffer.alloc(2 + message.length);
    framed.writeUInt16BE(message.length);
    framed.set(message, 2);
    let received: Buffer = Buffer.alloc(0);
    const finish = (reply?: Uint8Array) => {
      timer.cancel();
      socket.destroy();
      resolve(reply);
    };
    const timer = clock.after(replyMsMax, () => finish());
    socket.on('error', () => finish());
    socket.on('close', () => finish());
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length > messageBytesMax + 2) return finish();
      if (received.length < 2 || received.length < 2 + received.readUInt16BE()) return undefined;
      const reply = received.subarray(2, 2 + received.readUInt16BE());
      return finish(answers(reply, message) ? reply : undefined);
    });
    socket.write(framed);
  });
}
