/**
 * Schedules as crontab writes them: five fields, `*`, lists, ranges, steps, names of months and days, `@daily` and its
 * like, `@every 1h30m`. Upstream's dialect (robfig/cron): when both days are restricted, either matches.
 */

export interface CronSchedule {
  /** Bit sets by value. `undefined` fields: an interval instead. */
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly daysOfWeek: ReadonlySet<number>;
  readonly anyDayOfMonth: boolean;
  readonly anyDayOfWeek: boolean;
  /** `@every`: nothing else counts. */
  readonly everyMs: number | undefined;
}

export class CronError extends Error {
  override name = 'CronError';
}

const shorthands: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

export function parseCron(text: string): CronSchedule {
  if (text.startsWith('@every ')) return everySchedule(text.slice('@every '.length));
  const fields = (shorthands[text] ?? text).trim().split(/\s+/);
  if (text.startsWith('@') && shorthands[text] === undefined) throw new CronError(`unrecognized descriptor: ${text}`);
  if (fields.length !== 5) {
    throw new CronError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields as [string, string, string, string, string];
  return {
    minutes: parseField(minute, 0, 59),
    hours: parseField(hour, 0, 23),
    daysOfMonth: parseField(dayOfMonth, 1, 31),
    months: parseField(month, 1, 12, monthNames, 1),
    daysOfWeek: parseField(dayOfWeek, 0, 6, dayNames, 0),
    anyDayOfMonth: isAny(dayOfMonth),
    anyDayOfWeek: isAny(dayOfWeek),
    everyMs: undefined,
  };
}

const isAny = (field: string) => field.split(',').some(part => /^[*?](\/1)?$/.test(part));

function everySchedule(text: string): CronSchedule {
  let everyMs = 0;
  const unitMs: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  for (const [, amount, unit] of parts) everyMs += Number(amount) * unitMs[unit!]!;
  if (parts.length === 0 || parts.map(part => part[0]).join('') !== text) {
    throw new CronError(`failed to parse duration @every ${text}`);
  }
  const none = new Set<number>();
  return {
    minutes: none,
    hours: none,
    daysOfMonth: none,
    months: none,
    daysOfWeek: none,
    anyDayOfMonth: true,
    anyDayOfWeek: true,
    everyMs: Math.max(1000, Math.floor(everyMs / 1000) * 1000),
  };
}

function parseField(field: string, min: number, max: number, names: readonly string[] = [], first = 0): Set<number> {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const match = /^(?:([*?])|([\da-z]+)(?:-([\da-z]+))?)(?:\/(\d+))?$/i.exec(part);
    if (match === null) throw new CronError(`failed to parse int from ${part}`);
    const [, any, from, to, step] = match;
    const start = any ? min : valueIn(from!, names, first);
    // `5/15` runs on to the end of the field.
    const end =
      any || (to === undefined && step !== undefined) ? max : to === undefined ? start : valueIn(to, names, first);
    const by = step === undefined ? 1 : Number(step);
    if (start < min) throw new CronError(`beginning of range (${start}) below minimum (${min}): ${part}`);
    if (end > max) throw new CronError(`end of range (${end}) above maximum (${max}): ${part}`);
    if (start > end) throw new CronError(`beginning of range (${start}) beyond end of range (${end}): ${part}`);
    if (by === 0) throw new CronError(`step of range should be a positive number: ${part}`);
    for (let value = start; value <= end; value += by) values.add(value);
  }
  return values;
}

function valueIn(text: string, names: readonly string[], first: number): number {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + first;
  if (!/^\d{1,9}$/.test(text)) throw new CronError(`failed to parse int from ${text}`);
  return Number(text);
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** 29 February on a Monday comes within 40 years; what has not come by then never does. */
const searchDaysMax = 366 * 40;

/** The first time after `afterMs` that the schedule names, on the clocks of `zone`; undefined when there is none. */
export function nextCronMs(schedule: CronSchedule, afterMs: number, zone = 'UTC'): number | undefined {
  if (schedule.everyMs !== undefined) return Math.floor(afterMs / 1000) * 1000 + schedule.everyMs;
  const offsetMs = zone === 'UTC' ? () => 0 : zoneOffset(zone);
  // What the clock on the wall shows, as if it were UTC.
  let wallMs = Math.floor((afterMs + offsetMs(afterMs)) / minuteMs) * minuteMs + minuteMs;
  for (let days = 0; days < searchDaysMax; days++) {
    const dayStartMs = Math.floor(wallMs / dayMs) * dayMs;
    if (dayMatches(schedule, new Date(dayStartMs))) {
      for (; wallMs < dayStartMs + dayMs; wallMs += minuteMs) {
        const date = new Date(wallMs);
        if (!schedule.hours.has(date.getUTCHours()) || !schedule.minutes.has(date.getUTCMinutes())) continue;
        const atMs = instantOf(wallMs, offsetMs);
        if (atMs !== undefined && atMs > afterMs) return atMs;
      }
    }
    wallMs = dayStartMs + dayMs;
  }
  return undefined;
}

function dayMatches(schedule: CronSchedule, date: Date): boolean {
  if (!schedule.months.has(date.getUTCMonth() + 1)) return false;
  const monthDay = schedule.daysOfMonth.has(date.getUTCDate());
  const weekDay = schedule.daysOfWeek.has(date.getUTCDay());
  return schedule.anyDayOfMonth || schedule.anyDayOfWeek ? monthDay && weekDay : monthDay || weekDay;
}

/** When the wall shows that time; undefined when it never does, because the clocks are put forward over it. */
function instantOf(wallMs: number, offsetMs: (ms: number) => number): number | undefined {
  for (const guessMs of [wallMs - offsetMs(wallMs - dayMs), wallMs - offsetMs(wallMs + dayMs)]) {
    if (guessMs + offsetMs(guessMs) === wallMs) return guessMs;
  }
  return undefined;
}

/** How far the clocks of a zone are ahead of UTC. Throws a RangeError for a zone that does not exist. */
export function zoneOffset(zone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return ms => {
    const parts: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(ms)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
  };
}
