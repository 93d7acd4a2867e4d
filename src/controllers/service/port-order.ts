/**
 * The order of the ports in an EndpointSlice: upstream sorts them by the hash of a dump of its struct, so that equal ports
 * make equal slices. The order itself means nothing, but clients see it.
 */

import type { EndpointPort } from '#api/discovery/endpoint-slice.ts';

const offset = 0x6c62272e07bb014262b821756295c58dn;
const prime = 0x13bn + (1n << 88n);
const mask = (1n << 128n) - 1n;

/** FNV-1a with 128 bits. */
export function fnv128a(text: string): bigint {
  let hash = offset;
  for (const byte of Buffer.from(text, 'utf8')) hash = ((hash ^ BigInt(byte)) * prime) & mask;
  return hash;
}

function hashOf({ name, protocol, port, appProtocol }: EndpointPort): bigint {
  const shown = (type: string, value: string | number | undefined) => `(*${type})${value ?? '<nil>'}`;
  const fields = [
    `Name:${shown('string', name)}`,
    `Protocol:${shown('v1.Protocol', protocol)}`,
    `Port:${shown('int32', port)}`,
    `AppProtocol:${shown('string', appProtocol)}`,
  ];
  return fnv128a(`(v1.EndpointPort){${fields.join(' ')}}`);
}

export function inPortOrder(ports: readonly EndpointPort[]): EndpointPort[] {
  if (ports.length < 2) return [...ports];
  const hashed = ports.map(port => ({ port, hash: hashOf(port) }));
  return hashed.sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0)).map(({ port }) => port);
}
