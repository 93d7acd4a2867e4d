/** The addresses of one IPv4 range, handed out one after another and used again only when all others were. */

const addressesMax = 1 << 16;

export class AddressPool {
  readonly cidr: string;
  readonly #first: number;
  readonly #count: number;
  readonly #taken = new Set<string>();
  #next = 0;

  /** `10.244.3.0/24`: its first address names the range, the second is the gateway's, the last is for broadcasts. */
  constructor(cidr: string) {
    const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
    if (match === null) throw new RangeError(`${cidr} is not an IPv4 range such as 10.244.0.0/24`);
    const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
    this.cidr = cidr;
    this.#first = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d + 2;
    this.#count = Math.min(2 ** (32 - prefix), addressesMax) - 3;
  }

  /** Undefined when all are taken. */
  take(): string | undefined {
    for (let tries = 0; tries < this.#count; tries++) {
      const address = dotted(this.#first + this.#next);
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

function dotted(address: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(address / 2 ** shift) % 256).join('.');
}
