/** A count, or a percentage of one: `3` or `25%`. */

const percentage = /^(\d+)%$/;

/** The percentage that the text says, or undefined when it says none. */
export function percentOf(value: number | string): number | undefined {
  const match = typeof value === 'string' ? percentage.exec(value) : null;
  return match === null ? undefined : Number(match[1]);
}

/**
 * The count itself, or the percentage of `total` rounded up or down; undefined when it is a text of another form.
 * `25%` of 10 is 3 rounded up and 2 rounded down.
 */
export function scaledValue(value: number | string, total: number, round: 'up' | 'down'): number | undefined {
  if (typeof value === 'number') return value;
  const percent = percentOf(value);
  if (percent === undefined) return undefined;
  return round === 'up' ? Math.ceil((percent * total) / 100) : Math.floor((percent * total) / 100);
}
