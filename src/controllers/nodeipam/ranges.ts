/** Shares an IPv4 range out in equal pieces, each to one holder. Pure. */

export class CidrPool {
  readonly #base: number;
  readonly #pieceBits: number;
  readonly #pieceCount: number;
  readonly #holders = new Map<number, string>();
  #next = 0;

  /** `10.244.0.0/16` in pieces of /24: 256 of them. */
  constructor(cidr: string, pieceBits: number) {
    const range = parseCidr(cidr);
    if (range === undefined || range.bits > pieceBits || pieceBits > 32) {
      throw new Error(`Cannot share out "${cidr}" in pieces of /${pieceBits}: it is no IPv4 range that large`);
    }
    this.#base = range.base;
    this.#pieceBits = pieceBits;
    this.#pieceCount = 2 ** (pieceBits - range.bits);
  }

  /** The next free piece after the last that was given, so that one just freed is not given again at once. */
  allocate(holder: string): string | undefined {
    for (let tries = 0; tries < this.#pieceCount; tries++) {
      const piece = (this.#next + tries) % this.#pieceCount;
      if (this.#holders.has(piece)) continue;
      this.#holders.set(piece, holder);
      this.#next = (piece + 1) % this.#pieceCount;
      return this.#text(piece);
    }
    return undefined;
  }

  /** Takes note of a piece that a holder has already. */
  occupy(cidr: string, holder: string): void {
    const piece = this.#pieceOf(cidr);
    if (piece !== undefined) this.#holders.set(piece, holder);
  }

  /** Only by its holder: a piece that two claim stays with the later. */
  release(cidr: string, holder: string): void {
    const piece = this.#pieceOf(cidr);
    if (piece !== undefined && this.#holders.get(piece) === holder) this.#holders.delete(piece);
  }

  #pieceOf(cidr: string): number | undefined {
    const range = parseCidr(cidr);
    if (range === undefined) return undefined;
    const piece = Math.floor((range.base - this.#base) / 2 ** (32 - this.#pieceBits));
    return piece >= 0 && piece < this.#pieceCount ? piece : undefined;
  }

  #text(piece: number): string {
    const base = this.#base + piece * 2 ** (32 - this.#pieceBits);
    const bytes = [24, 16, 8, 0].map(shift => Math.floor(base / 2 ** shift) % 256);
    return `${bytes.join('.')}/${this.#pieceBits}`;
  }
}

function parseCidr(text: string): { base: number; bits: number } | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const [a, b, c, d, bits] = match.slice(1).map(Number) as [number, number, number, number, number];
  if (Math.max(a, b, c, d) > 255 || bits > 32) return undefined;
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - bits);
  return { base: Math.floor(address / size) * size, bits };
}
