/**
 * The slices that were written and in which generation, by owner. Until the copy has caught up, a step would work from an
 * old picture and make slices twice.
 */

import type { EndpointSlice } from '#api/discovery/endpoint-slice.ts';
import type { Key, Stored } from '#client/object.ts';

/** A slice that was deleted and must no longer be in the copy. */
const deleted = -1;

export class SliceTracker {
  readonly #written = new Map<Key, Map<string, number>>();

  wrote(owner: Key, slice: Stored<EndpointSlice>): void {
    this.#of(owner).set(slice.metadata.uid, slice.metadata.generation ?? 0);
  }

  removed(owner: Key, slice: Stored<EndpointSlice>): void {
    this.#of(owner).set(slice.metadata.uid, deleted);
  }

  /** The copy no longer has it, whoever deleted it. */
  gone(owner: Key, slice: Stored<EndpointSlice>): void {
    this.#written.get(owner)?.delete(slice.metadata.uid);
  }

  forget(owner: Key): void {
    this.#written.delete(owner);
  }

  isBehind(owner: Key, copy: readonly Stored<EndpointSlice>[]): boolean {
    const written = this.#written.get(owner);
    if (written === undefined) return false;
    const seen = new Map(copy.map(slice => [slice.metadata.uid, slice.metadata.generation ?? 0]));
    for (const [uid, generation] of written) {
      const at = seen.get(uid);
      if (generation === deleted ? at !== undefined : at === undefined || at < generation) return true;
    }
    return false;
  }

  #of(owner: Key): Map<string, number> {
    let written = this.#written.get(owner);
    if (written === undefined) this.#written.set(owner, (written = new Map()));
    return written;
  }
}
