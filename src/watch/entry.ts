/**
 * One object as the cache holds it: immutable, with the bytes asked for so far.
 *
 * An update makes a new entry; whoever still holds the old one (a page being written, a watcher that is behind) goes on
 * seeing what it saw. What can be made again (encoded bytes, the decoded object) lies in slots that the byte budget may
 * empty at any time.
 */

import type { Revision } from '#store/store.ts';
import type { ByteBudget, Slot } from '#watch/byte-budget.ts';

/** What selectors, lists of owners and the like are answered from, without decoding the object. */
export interface EntryIndex {
  readonly labels: Readonly<Record<string, string>>;
  /** The selectable fields by path: `metadata.name`, `spec.nodeName`. */
  readonly fields: Readonly<Record<string, string>>;
  readonly uid: string;
}

/** Bytes with holes for what depends on the time of writing (a Table's Age). Almost all encodings have none. */
export interface Encoded {
  readonly bytes: Uint8Array;
  /** In rising order of `at`. */
  readonly holes?: readonly Hole[] | undefined;
}

export interface Hole {
  /** What fills it goes before the byte at this offset; never at the border of an item. */
  readonly at: number;
  /** What it is filled from, understood by the form's `fill`: a time for an Age. */
  readonly from: unknown;
}

/** What the cache of a resource is told about it by the API server. */
export interface CachedResource {
  /** For messages and metrics: `pods`. */
  readonly name: string;
  /** Where its keys begin in the store: `/registry/pods/`. */
  readonly prefix: string;
  /** Whether its keys are `<namespace>/<name>` or `<name>`. */
  readonly namespaced: boolean;
  /**
   * From what stands in the store (JSON, upstream's protobuf, encrypted) to the bytes that the server works on, and the index.
   * `parsed`: what is worth keeping for `decode` (the object that has just been written), as long as the budget allows.
   */
  open(key: string, stored: Uint8Array): Opened;
  /** The object of an entry, its resourceVersion set from `entry.revision`. Nobody ever mutates it. */
  decode(entry: Entry, parsed: unknown): unknown;
}

export interface Opened {
  readonly value: Uint8Array;
  readonly index: EntryIndex;
  readonly parsed?: unknown;
}

/** How many times its bytes a decoded object is taken to weigh. */
const objectWeight = 4;

const objectSlot = 'object';
const parsedSlot = 'parsed';

export interface EntryParts {
  readonly resource: CachedResource;
  readonly key: string;
  readonly revision: Revision;
  readonly createRevision: Revision;
  readonly value: Uint8Array;
  readonly index: EntryIndex;
  readonly problem?: Error | undefined;
}

const emptyIndex: EntryIndex = { labels: {}, fields: {}, uid: '' };

export class Entry {
  readonly resource: CachedResource;
  /** `<namespace>/<name>`, or `<name>` for a cluster-wide resource. */
  readonly key: string;
  /** The resourceVersion. Of a deleted object as a watcher sees it: the revision of the deletion. */
  readonly revision: Revision;
  readonly createRevision: Revision;
  /** The stored bytes after `CachedResource.open`; without a resourceVersion. */
  readonly value: Uint8Array;
  readonly index: EntryIndex;
  /** Why the stored bytes could not be opened (damaged, or encrypted with a key that is gone): then nothing else is known. */
  readonly problem: Error | undefined;
  readonly #budget: ByteBudget;
  /** A handful at most, so a list beats a map. */
  #slots: Slot[] | undefined;

  constructor(parts: EntryParts, budget: ByteBudget) {
    this.resource = parts.resource;
    this.key = parts.key;
    this.revision = parts.revision;
    this.createRevision = parts.createRevision;
    this.value = parts.value;
    this.index = parts.index;
    this.problem = parts.problem;
    this.#budget = budget;
  }

  /** From what stands in the store. One damaged object must not take the whole resource down, so it has an entry all the same. */
  static open(parts: Omit<EntryParts, 'value' | 'index'> & { readonly stored: Uint8Array }, budget: ByteBudget): Entry {
    const { stored, ...known } = parts;
    try {
      const { value, index, parsed } = parts.resource.open(parts.key, stored);
      const entry = new Entry({ ...known, value: ownBytes(value), index }, budget);
      if (parsed !== undefined) entry.#fill(parsedSlot, parsed, value.length * objectWeight);
      return entry;
    } catch (error) {
      return new Entry({ ...known, value: stored, index: emptyIndex, problem: error as Error }, budget);
    }
  }

  get namespace(): string {
    return this.resource.namespaced ? this.key.slice(0, this.key.indexOf('/')) : '';
  }

  get name(): string {
    return this.resource.namespaced ? this.key.slice(this.key.indexOf('/') + 1) : this.key;
  }

  /** The decoded object, shared by all who ask and never mutated. Made at first use, dropped under the budget. */
  object(): unknown {
    if (this.problem !== undefined) throw this.problem;
    const slot = this.#slot(objectSlot);
    if (slot !== undefined) return slot.content;
    const parsed = this.#slots?.find(each => each.name === parsedSlot);
    const object = this.resource.decode(this, parsed?.content);
    if (parsed !== undefined) this.#drop(parsed);
    this.#fill(objectSlot, object, this.value.length * objectWeight);
    return object;
  }

  /** The bytes of a form if they are at hand. */
  encoded(form: string): Encoded | undefined {
    return this.#slot(form)?.content as Encoded | undefined;
  }

  /** `bytes`: what it weighs; nothing for a view of bytes that are kept (and weighed) elsewhere. */
  keep(form: string, encoded: Encoded, bytes = encoded.bytes.length): void {
    this.#fill(form, encoded, bytes);
  }

  /** The buffer behind a view is to be let go. */
  dropView(form: string, buffer: ArrayBufferLike): void {
    const slot = this.#slots?.find(each => each.name === form);
    if (slot !== undefined && (slot.content as Encoded).bytes.buffer === buffer) this.#drop(slot);
  }

  /** The same object at a later revision: what a DELETED event shows. */
  at(revision: Revision): Entry {
    return new Entry({ ...this, revision }, this.#budget);
  }

  #slot(name: string): Slot | undefined {
    const slot = this.#slots?.find(each => each.name === name);
    if (slot !== undefined) this.#budget.touch(slot);
    return slot;
  }

  #fill(name: string, content: unknown, bytes: number): void {
    this.#slots ??= [];
    const index = this.#slots.findIndex(each => each.name === name);
    const slot: Slot = { name, content, bytes, generation: 0, drop: () => this.#drop(slot) };
    if (index < 0) this.#slots.push(slot);
    else this.#slots[index] = slot;
    this.#budget.touch(slot);
  }

  #drop(slot: Slot): void {
    this.#slots = this.#slots?.filter(each => each !== slot);
    if (this.#slots?.length === 0) this.#slots = undefined;
  }
}

/** An entry lives long: it must not hold a pool, or the answer of a whole range, for the sake of a few bytes in it. */
function ownBytes(value: Uint8Array): Uint8Array {
  return value.buffer.byteLength > value.byteLength * 2 ? new Uint8Array(value) : value;
}
