/** Header names and values, the same for every transport. */

import type { HeaderValues } from './exchange.ts';

/** More pairs than this in one request are refused with 431. */
export const headerPairsMax = 512;
/** Names and values of one head together. */
export const headerBytesMax = 128 << 10;

/** The first value of a header: the only one that counts for `authorization`, `content-type` and their like. */
export function headerValue(headers: HeaderValues, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' || value === undefined ? value : value[0];
}

/** Every value of a header, as `Impersonate-Group` is sent: one line each. */
export function headerValues(headers: HeaderValues, name: string): readonly string[] {
  const value = headers[name];
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

/** The parts of a list header in lower case: `Connection: keep-alive, Upgrade` gives `keep-alive` and `upgrade`. */
export function headerTokens(headers: HeaderValues, name: string): string[] {
  return headerValues(headers, name)
    .flatMap(value => value.split(','))
    .map(part => part.trim().toLowerCase())
    .filter(part => part !== '');
}

/**
 * From the flat list a parser gives (`[name, value, name, value]`). Repeated headers stay apart, which Node's own objects
 * do not do: `Impersonate-Group: a` twice is two groups, not one called `a, a`. HTTP/2's `:authority` becomes `host`.
 */
export function headersFromRaw(raw: readonly string[]): HeaderValues {
  const headers: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i + 1 < raw.length; i += 2) {
    let name = raw[i]!;
    const value = raw[i + 1]!;
    if (name.charCodeAt(0) === 58 /* : */) {
      if (name !== ':authority') continue;
      name = 'host';
    } else {
      name = name.toLowerCase();
    }
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (name === 'cookie') headers[name] = `${before}; ${value}`;
    else if (typeof before === 'string') headers[name] = [before, value];
    else before.push(value);
  }
  return headers;
}

const plainValue = /^[\t\x20-\x7e]*$/;

/**
 * A value as bytes on the wire: UTF-8, each byte a character, control characters turned to spaces (as Go writes them), so
 * that no text of a user can open a new header.
 */
export function wireValue(value: string): string {
  if (plainValue.test(value)) return value;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return Buffer.from(value.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, ' '), 'utf8').toString('latin1');
}

/** The same for all values of a head; gives back the very object when nothing was to change. */
export function wireHeaders(headers: HeaderValues): HeaderValues {
  let changed: HeaderValues | undefined;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    const wire = typeof value === 'string' ? wireValue(value) : value.map(wireValue);
    if (wire === value || (typeof value !== 'string' && value.every((part, i) => part === wire[i]))) continue;
    changed ??= { ...headers };
    changed[name] = wire;
  }
  return changed ?? headers;
}

/** They speak of one connection and are never passed on (RFC 9110, 7.6.1). */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** The headers to pass on through a proxy: without those of the connection, nor those that `connection` names. */
export function endToEndHeaders(headers: HeaderValues): HeaderValues {
  const passed: HeaderValues = { ...headers };
  for (const name of [...hopByHop, ...headerTokens(headers, 'connection')]) delete passed[name];
  return passed;
}

/**
 * Without everything by which the client proved who it is: whatever stands behind a proxy gets the identity that the
 * proxy vouches for, and never credentials it could use itself.
 */
export function withoutCredentials(headers: HeaderValues): HeaderValues {
  const passed: HeaderValues = {};
  for (const name in headers) {
    if (name === 'authorization' || name === 'cookie') continue;
    if (name.startsWith('x-remote-') || name.startsWith('impersonate-')) continue;
    passed[name] = headers[name];
  }
  return passed;
}
