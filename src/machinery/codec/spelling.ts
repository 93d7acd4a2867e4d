/** The one canonical text of times, durations and bytes; undefined when the text is none. */

import { formatDuration, parseDuration } from '#machinery/duration.ts';

const utcSeconds = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const rfc3339 =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:[.,](\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** metav1.Time: RFC 3339 in any zone, to whole seconds in UTC. */
export function canonicalTime(text: string): string | undefined {
  if (utcSeconds.test(text)) return dayExists(text) ? text : undefined;
  const parts = rfc3339.exec(text);
  if (parts === null || !dayExists(text)) return undefined;
  return `${utc(parts).toISOString().slice(0, 19)}Z`;
}

/** metav1.MicroTime: as above, with just six digits of the second, neither more nor fewer. */
export function canonicalMicroTime(text: string): string | undefined {
  const parts = rfc3339.exec(text);
  if (parts?.[7]?.length !== 6 || !dayExists(text)) return undefined;
  return `${utc(parts).toISOString().slice(0, 19)}.${parts[7]}Z`;
}

function utc(parts: RegExpExecArray): Date {
  const [, year, month, day, hour, minute, second, , zone] = parts;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
}

function dayExists(text: string): boolean {
  const day = Number(text.slice(8, 10));
  if (day <= 28) return true;
  const year = Number(text.slice(0, 4));
  const month = Number(text.slice(5, 7));
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

export function canonicalDuration(text: string): string | undefined {
  const nanoseconds = parseDuration(text);
  return nanoseconds === undefined ? undefined : formatDuration(nanoseconds);
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Standard base64 with padding; Go also skips line breaks in it. */
export function canonicalBase64(text: string): string | undefined {
  const stripped = text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, '') : text;
  return stripped.length % 4 === 0 && base64.test(stripped) ? stripped : undefined;
}
