/**
 * One bound on the bytes that can be made again: encoded forms, joined leaves, decoded objects, over all caches of a server.
 *
 * Slots live in two generations. Using one brings it into the young generation; when that has grown to half the budget
 * the old generation is emptied and the young one becomes old. So what was used within the last half budget of bytes stays,
 * what was not goes, and no use costs more than one comparison.
 */

export interface Slot {
  readonly name: string;
  readonly content: unknown;
  readonly bytes: number;
  /** The budget's own mark. */
  generation: number;
  /** Empties the slot at its owner. */
  readonly drop: () => void;
}

/** What a slot weighs besides its content. */
const slotOverheadBytes = 100;

export class ByteBudget {
  readonly bytesMax: number;
  #generation = 1;
  #young: Slot[] = [];
  #youngBytes = 0;
  #old: Slot[] = [];
  #oldBytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#youngBytes + this.#oldBytes;
  }

  /** The slot was filled or used. */
  touch(slot: Slot): void {
    if (slot.generation === this.#generation) return;
    const bytes = slot.bytes + slotOverheadBytes;
    if (slot.generation === this.#generation - 1) this.#oldBytes -= bytes;
    slot.generation = this.#generation;
    this.#young.push(slot);
    this.#youngBytes += bytes;
    if (this.#youngBytes > this.bytesMax / 2) this.#age();
  }

  #age(): void {
    const gone = this.#old;
    const goneGeneration = this.#generation - 1;
    this.#old = this.#young;
    this.#oldBytes = this.#youngBytes;
    this.#young = [];
    this.#youngBytes = 0;
    this.#generation++;
    for (const slot of gone) if (slot.generation === goneGeneration) slot.drop();
  }
}
