/** A connection to a simulated container: it answers any HTTP/1.1 request, once, and takes everything else in silence. */

import { Duplex } from 'node:stream';

const requestHeadBytesMax = 64 << 10;

export function simulatedConnection(answer: { status: number; text: string }): Duplex {
  let head = '';
  return new Duplex({
    read: () => undefined,
    write(chunk: Uint8Array, _encoding, done) {
      head = `${head}${Buffer.from(chunk).toString('latin1')}`.slice(0, requestHeadBytesMax);
      if (head.includes('\r\n\r\n') && !this.readableEnded) {
        this.push(httpReply(answer));
        this.push(null);
      }
      done();
    },
    final(done) {
      if (!this.readableEnded) this.push(null);
      done();
    },
  });
}

function httpReply({ status, text }: { status: number; text: string }): string {
  const body = `${text}\n`;
  const headers = ['Content-Type: text/plain', `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close'];
  return [`HTTP/1.1 ${status} Simulated`, ...headers, '', body].join('\r\n');
}

/** What connecting to an address where nothing listens fails with. */
export function connectionRefused(host: string, port: number): Error {
  const facts = { code: 'ECONNREFUSED', errno: -111, syscall: 'connect', address: host, port };
  return Object.assign(new Error(`connect ECONNREFUSED ${host}:${port}`), facts);
}
