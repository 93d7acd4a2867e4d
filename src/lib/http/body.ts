/** Reading whole bodies within a bound. */

import type { Readable } from 'node:stream';
import type { Clock } from '#lib/clock.ts';
import { type BodyMeter, BodyRefused, BodyTooLarge, BodyTooSlow } from './exchange.ts';

/** How long a whole body may take: as long as upstream gives a request. */
export const bodyMsMax = 60_000;

const none = new Uint8Array(0);

export function byteCount(chunks: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const chunk of chunks) bytes += chunk.length;
  return bytes;
}

/** The bytes of all chunks in one buffer; the very chunk when there is only one. */
export function joinChunks(chunks: readonly Uint8Array[], totalBytes: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  return chunks.length === 0 ? none : Buffer.concat(chunks, totalBytes);
}

export interface ReadOptions {
  readonly clock?: Clock | undefined;
  readonly meter?: BodyMeter | undefined;
}

/**
 * Everything until the end. Rejects with BodyTooLarge as soon as more than `limitBytes` have come, with BodyRefused when the
 * meter refuses and, given a clock, with BodyTooSlow after `bodyMsMax`; it reads no further then.
 */
export function readWhole(source: Readable, limitBytes: number, options: ReadOptions = {}): Promise<Uint8Array> {
  const { clock, meter } = options;
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let totalBytes = 0;
    const finish = (error: Error | undefined) => {
      timer?.cancel();
      source.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      if (error === undefined) return resolve(joinChunks(chunks, totalBytes));
      source.pause();
      reject(error);
    };
    const onData = (chunk: Uint8Array) => {
      totalBytes += chunk.length;
      if (totalBytes > limitBytes) return finish(new BodyTooLarge(limitBytes));
      if (meter?.(chunk.length) === false) return finish(new BodyRefused('there is no room for the body'));
      chunks.push(chunk);
    };
    const onEnd = () => finish(undefined);
    const onError = (error: Error) => finish(error);
    const onClose = () => finish(new Error('the connection closed before the end of the body'));
    if (source.readableEnded) return resolve(none);
    if (source.destroyed) return reject(new Error('the connection closed before the body was read'));
    const onLate = () => finish(new BodyTooSlow(`the body did not come within ${bodyMsMax / 1000} s`));
    const timer = clock?.after(bodyMsMax, onLate, { idle: true });
    source.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
  });
}
