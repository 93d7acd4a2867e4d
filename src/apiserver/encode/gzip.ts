/**
 * Long replies are compressed for clients that take it (upstream: endpoints/handlers/responsewriters). It is done on Node's
 * thread pool, so that nobody waits for it; clients in this process never ask for it.
 */

import { once } from 'node:events';
import { createGzip } from 'node:zlib';
import type { HeaderValues } from '#lib/http/exchange.ts';
import { headerValues } from '#lib/http/headers.ts';

/** Upstream's: what is shorter is sent faster as it is. */
export const gzipBytesMin = 128 << 10;
/** The fastest; better ones save little on JSON. */
const level = 1;
const chunkBytes = 64 << 10;

/** Only the plain word counts, without a quality. */
export function takesGzip(headers: HeaderValues): boolean {
  return headerValues(headers, 'accept-encoding').some(value =>
    value.split(',').some(encoding => encoding.trim() === 'gzip'),
  );
}

export async function gzipped(chunks: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const gzip = createGzip({ level, chunkSize: chunkBytes });
  const out: Uint8Array[] = [];
  gzip.on('data', (part: Uint8Array) => out.push(part));
  const ended = once(gzip, 'end');
  for (const chunk of chunks) if (!gzip.write(chunk)) await once(gzip, 'drain');
  gzip.end();
  await ended;
  return out;
}
