/** Spans of time as Go writes them: `1h30m0s`, `1.5s`, `250ms`. In nanoseconds, at most 292 years. */

const nanosecondsOf: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n, // U+00B5, the micro sign
  μs: 1_000n, // U+03BC, the Greek letter
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const nanosecondsMax = 2n ** 63n - 1n;
const textCharactersMax = 256;
const whole = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const part = /(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g;

/** Undefined when the text is no duration: `90`, `1d`, or more than 292 years. */
export function parseDuration(text: string): bigint | undefined {
  if (text === '0' || text === '+0' || text === '-0') return 0n;
  const match = text.length > textCharactersMax ? null : whole.exec(text);
  if (match === null) return undefined;
  let total = 0n;
  for (const [, units, fraction, unit] of match[2]!.matchAll(part)) {
    const scale = nanosecondsOf[unit!]!;
    total += BigInt(units!) * scale + (BigInt(fraction!) * scale) / 10n ** BigInt(fraction!.length);
  }
  const negative = match[1] === '-';
  if (total > nanosecondsMax + (negative ? 1n : 0n)) return undefined;
  return negative ? -total : total;
}

/** The nanoseconds of a duration that was checked when it came in. */
export function durationOf(text: string): bigint {
  return parseDuration(text) ?? 0n;
}

/** Milliseconds of a duration that was checked when it came in, for timers. */
export function durationMs(text: string): number {
  return Number(durationOf(text)) / 1e6;
}

/** `1m30s`, `1h0m0s`, `1.5s`, `100ms`, `0s`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s';
  const sign = nanoseconds < 0n ? '-' : '';
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  return sign + (magnitude < nanosecondsOf['s']! ? belowOneSecond(magnitude) : fromOneSecond(magnitude));
}

function belowOneSecond(nanoseconds: bigint): string {
  if (nanoseconds < 1_000n) return `${nanoseconds}ns`;
  if (nanoseconds < 1_000_000n) return `${decimal(nanoseconds, 3)}µs`;
  return `${decimal(nanoseconds, 6)}ms`;
}

function fromOneSecond(nanoseconds: bigint): string {
  const seconds = `${decimal(nanoseconds % nanosecondsOf['m']!, 9)}s`;
  const minutes = nanoseconds / nanosecondsOf['m']!;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** 1500 with three places is `1.5`. */
function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return digits.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`);
}
