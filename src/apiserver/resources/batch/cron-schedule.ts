/** What is wrong with a CronJob's schedule, in the words of the parser that upstream uses (robfig/cron, standard form). */

interface Part {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Minute, hour, day of the month, month, day of the week. */
const parts: readonly Part[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: days },
];

const descriptors = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

class ScheduleError extends Error {}

/** Undefined when there is nothing wrong. */
export function scheduleProblem(text: string): string | undefined {
  try {
    readSchedule(text);
    return undefined;
  } catch (error) {
    if (error instanceof ScheduleError) return error.message;
    throw error;
  }
}

function readSchedule(text: string): void {
  if (text === '') throw new ScheduleError('empty spec string');
  if (text.startsWith('@')) {
    readDescriptor(text);
    return;
  }
  const fields = text.split(/\s+/).filter(field => field !== '');
  if (fields.length !== parts.length) {
    throw new ScheduleError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  }
  fields.forEach((field, i) => {
    for (const range of field.split(',')) if (range !== '') readRange(range, parts[i] as Part);
  });
}

const goDuration = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*$/;

function readDescriptor(text: string): void {
  if (descriptors.includes(text)) return;
  if (!text.startsWith('@every ')) throw new ScheduleError(`unrecognized descriptor: ${text}`);
  const every = text.slice('@every '.length);
  if (!goDuration.test(every) && every !== '0') {
    throw new ScheduleError(`failed to parse duration ${text}: time: invalid duration ${JSON.stringify(every)}`);
  }
}

/** `*`, `?`, `5`, `1-3`, `mon-fri`, each with a step after `/`. */
function readRange(text: string, part: Part): void {
  const [span = '', step, ...moreSteps] = text.split('/');
  const [low = '', high, ...moreHyphens] = span.split('-');
  let from = part.min;
  let to = part.max;
  if (low !== '*' && low !== '?') {
    from = readNumber(low, part);
    if (moreHyphens.length > 0) throw new ScheduleError(`too many hyphens: ${text}`);
    to = high === undefined ? from : readNumber(high, part);
  }
  if (moreSteps.length > 0) throw new ScheduleError(`too many slashes: ${text}`);
  const stride = step === undefined ? 1 : readDigits(step);
  if (step !== undefined && high === undefined) to = part.max;
  if (from < part.min) throw new ScheduleError(`beginning of range (${from}) below minimum (${part.min}): ${text}`);
  if (to > part.max) throw new ScheduleError(`end of range (${to}) above maximum (${part.max}): ${text}`);
  if (from > to) throw new ScheduleError(`beginning of range (${from}) beyond end of range (${to}): ${text}`);
  if (stride === 0) throw new ScheduleError(`step of range should be a positive number: ${text}`);
}

function readNumber(text: string, { names, min }: Part): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  return named < 0 ? readDigits(text) : named + min;
}

function readDigits(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) {
    throw new ScheduleError(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  const number = Number(text);
  if (number < 0) throw new ScheduleError(`negative number (${number}) not allowed: ${text}`);
  return number;
}
