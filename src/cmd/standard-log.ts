/** The log of our processes: a line each on standard error, time first, fields as JSON. */

import { systemClock } from '#lib/clock.ts';
import type { Log, LogFields } from '#lib/log.ts';

export function standardLog(part: string): Log {
  const write = (level: string) => (message: string, fields?: LogFields) => {
    const time = new Date(systemClock.nowMs()).toISOString();
    const facts = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
    process.stderr.write(`${time} ${level} ${part}: ${message}${facts}\n`);
  };
  const debug = process.env['PROA_DEBUG'] === undefined ? () => {} : write('debug');
  return { debug, info: write('info'), warn: write('warn'), error: write('error') };
}
