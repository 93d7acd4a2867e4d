/** The addresses of one range, handed out one after another and used again only when all others were. */

import { formatAddress, parseRange, type Range } from '#lib/ip.ts';

const addressesMax = 1 << 16;

export class AddressPool {
  readonly cidr: string;
  readonly #range: Range;
  readonly #count: number;
  readonly #taken = new Set<string>();
  #next = 0;

  /** `10.244.3.0/24`: its first address names the range, the second is the gateway's, the last is for broadcasts. */
  constructor(cidr: string) {
    const range = parseRange(cidr);
    if (range === undefined) throw new RangeError(`${cidr} is not a range of addresses such as 10.244.0.0/24`);
    this.cidr = cidr;
    this.#range = range;
    this.#count = Math.min(2 ** (range.first.bits - range.prefix), addressesMax) - 3;
  }

  /** Undefined when all are taken. */
  take(): string | undefined {
    const { bits, value } = this.#range.first;
    for (let tries = 0; tries < this.#count; tries++) {
      const address = formatAddress({ bits, value: value + 2n + BigInt(this.#next) });
      this.#next = (this.#next + 1) % this.#count;
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
    return undefined;
  }

  release(address: string): void {
    this.#taken.delete(address);
  }
}
