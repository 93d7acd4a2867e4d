/** IPv4 and IPv6, as nftables calls them. */

import { formatAddress, parseAddress } from '#lib/ip.ts';

export type Family = 'ip' | 'ip6';

export function bitsOf(family: Family): number {
  return family === 'ip' ? 32 : 128;
}

/** In the one form that nftables reads: an address in any other would fail the transaction for all Services. */
export function ofFamily(texts: readonly string[], family: Family): string[] {
  return texts.flatMap(text => {
    const address = parseAddress(text);
    return address?.bits === bitsOf(family) ? [formatAddress(address)] : [];
  });
}
