/** Several claims as one: given back together when the write they were made for fails, or kept, and old ones given up. */

export type Undo = () => Promise<void>;

export class Claims {
  readonly #made: Undo[] = [];
  readonly #old: Undo[] = [];

  /** Taken now; `undo` gives it back. */
  made(undo: Undo): void {
    this.#made.push(undo);
  }

  /** No longer needed once the write has succeeded. */
  replaced(release: Undo): void {
    this.#old.push(release);
  }

  get isEmpty(): boolean {
    return this.#made.length === 0 && this.#old.length === 0;
  }

  async release(): Promise<void> {
    for (const undo of this.#made.splice(0)) await undo();
  }

  async commit(): Promise<void> {
    for (const release of this.#old.splice(0)) await release();
  }
}
