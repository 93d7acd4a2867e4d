/** Ctrl-C, a polite kill and a closed terminal all ask a command for the same: to put things in order and end. */

export class Interrupted extends Error {
  override name = 'Interrupted';
  constructor() {
    super('interrupted');
  }
}

/** As shells say it of a program that Ctrl-C has ended. */
export const interruptedCode = 130;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Aborted, with `Interrupted`, by the first such signal. Later ones change nothing: a launcher and a terminal may both have
 * sent one, and what is being put in order takes a bounded time.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) process.on(signal, () => controller.abort(new Interrupted()));
  return controller.signal;
}
