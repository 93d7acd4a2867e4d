/**
 * Compaction every five minutes, up to the revision of five minutes before (upstream's interval and distance): so a continue
 * token is good for five to ten minutes, and the store keeps no more history than that.
 */

import type { Clock, Timer } from '#lib/clock.ts';
import type { Revision } from '#store/store.ts';
import type { Feed } from '#watch/feed.ts';

export const compactionMs = 5 * 60_000;

export interface CompactorOptions {
  readonly feed: Pick<Feed, 'revision' | 'compact'>;
  readonly clock: Clock;
  /** A compaction that failed: the next one makes up for it. */
  readonly onError: (error: Error) => void;
  readonly intervalMs?: number | undefined;
}

export function startCompactor(options: CompactorOptions): { close(): void } {
  const { feed, clock, onError, intervalMs = compactionMs } = options;
  let noted: Revision = feed.revision;
  let done: Revision = 0;
  let timer: Timer;
  const arm = () => {
    timer = clock.after(intervalMs, tick, { idle: true });
  };
  const tick = () => {
    const revision = noted;
    noted = feed.revision;
    if (revision > done) {
      done = revision;
      feed.compact(revision).catch(onError);
    }
    arm();
  };
  arm();
  return { close: () => timer.cancel() };
}
