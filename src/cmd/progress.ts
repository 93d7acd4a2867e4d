/** A line for each phase with its time, for a person; one JSON object a line when asked for. */

import { styleText } from 'node:util';
import type { Clock } from '#lib/clock.ts';

export interface Progress {
  /** Runs a phase and says how long it took. `describe` gives what is worth knowing of its result. */
  phase<T>(name: string, work: () => Promise<T>, describe?: (result: T) => string): Promise<T>;
  say(line: string): void;
}

const nameWidth = 15;

export function progress(clock: Clock, json: boolean, out: NodeJS.WriteStream = process.stdout): Progress {
  const startMs = clock.monotonicMs();
  const colour = (style: 'green' | 'red' | 'dim', text: string) => (out.isTTY ? styleText(style, text) : text);
  const write = (name: string, ok: boolean, detail: string) => {
    const seconds = (clock.monotonicMs() - startMs) / 1000;
    if (json) out.write(`${JSON.stringify({ phase: name, ok, seconds: Number(seconds.toFixed(3)), detail })}\n`);
    else {
      const mark = ok ? colour('green', '✓') : colour('red', '✗');
      out.write(`  ${mark} ${name.padEnd(nameWidth)} ${colour('dim', `${seconds.toFixed(1)}s`)}  ${detail}\n`);
    }
  };
  return {
    async phase(name, work, describe) {
      try {
        const result = await work();
        write(name, true, describe?.(result) ?? '');
        return result;
      } catch (error) {
        // A person reads the message once, where it ends the command; who reads JSON has it with its phase.
        const { name: kind, message } = error as Error;
        write(name, false, json ? message : kind === 'Interrupted' ? 'interrupted' : 'failed');
        throw error;
      }
    },
    say(line) {
      if (json) out.write(`${JSON.stringify({ message: line.trim() })}\n`);
      else out.write(`${line}\n`);
    },
  };
}
