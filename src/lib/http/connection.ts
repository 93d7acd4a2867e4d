/** One connection of a server, of either protocol: what is under way on it, and when it has been quiet for too long. */

import type { Clock, Timer } from '#lib/clock.ts';
import type { Peer } from './exchange.ts';

export class Connection {
  readonly peer: Peer;
  readonly #clock: Clock;
  readonly #idleMsMax: number;
  readonly #onIdle: () => void;
  #timer: Timer | undefined;
  #quietSinceMs: number;
  #firstRequestMsMax: number | undefined;
  /** Exchanges whose reply is not finished. */
  openCount = 0;
  /** Handlers that have not returned, those of exchanges that the client gave up among them. */
  handlerCount = 0;

  constructor(peer: Peer, clock: Clock, limits: { idleMsMax: number; firstRequestMsMax: number }, onIdle: () => void) {
    this.peer = peer;
    this.#clock = clock;
    this.#idleMsMax = limits.idleMsMax;
    this.#firstRequestMsMax = limits.firstRequestMsMax;
    this.#onIdle = onIdle;
    this.#quietSinceMs = clock.monotonicMs();
    this.#watch(limits.firstRequestMsMax);
  }

  began(): void {
    this.openCount++;
    this.#firstRequestMsMax = undefined;
  }

  ended(): void {
    this.openCount--;
    if (this.openCount === 0) this.#quietSinceMs = this.#clock.monotonicMs();
  }

  /** No more watching: the connection is closed, or no longer HTTP. */
  release(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /**
   * One timer for the whole life of the connection, not one for each request: when it fires too early it is set again for
   * the rest. A client that sends its request head byte by byte is quiet all the while.
   */
  #watch(delayMs: number): void {
    this.#timer = this.#clock.after(
      delayMs,
      () => {
        const limitMs = this.#firstRequestMsMax ?? this.#idleMsMax;
        const quietMs = this.openCount > 0 ? 0 : this.#clock.monotonicMs() - this.#quietSinceMs;
        if (quietMs >= limitMs) this.#onIdle();
        else this.#watch(limitMs - quietMs);
      },
      { idle: true },
    );
  }
}
