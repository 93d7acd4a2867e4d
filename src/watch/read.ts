/** What can be asked of a cache besides a watch, and what comes back. */

import type { Revision } from '#store/store.ts';
import type { Entry } from '#watch/entry.ts';
import type { Form } from '#watch/form.ts';

/**
 * How fresh a read must be. `any`: what is there (resourceVersion=0). `latest`: linearizable (resourceVersion unset): the
 * store is asked for its revision and the cache waits until it has it. `notOlderThan`: at least that. `exact`: as it was
 * then.
 */
export type ReadAt = 'any' | 'latest' | { readonly notOlderThan: Revision } | { readonly exact: Revision };

/** Which part of the resource: all of it (`{}`), a namespace, or one key (`<namespace>/<name>` or `<name>`). */
export type Scope =
  | { readonly namespace?: undefined; readonly key?: undefined }
  | { readonly namespace: string; readonly key?: undefined }
  | { readonly key: string; readonly namespace?: undefined };

/** A compiled label and field selector. */
export interface Selector {
  /** The same text for the same selector: watchers with equal scope, text and form share the work of each event. */
  readonly text: string;
  readonly matches: (entry: Entry) => boolean;
}

export interface ListOptions {
  readonly scope: Scope;
  readonly at: ReadAt;
  /** Only keys after this one: the key in a continue token. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
  readonly selector?: Selector | undefined;
  /** How long `latest` and `notOlderThan` wait for the cache before TooLargeRevisionError (upstream: 3 s, the default). */
  readonly waitMsMax?: number | undefined;
}

/** A consistent part of the resource. It costs nothing to hold: entries and leaves are shared with the cache. */
export interface Page {
  /** The revision that the page shows: the list's resourceVersion. The same on all pages of an exact read. */
  readonly revision: Revision;
  /** How many entries the page has. */
  readonly size: number;
  /** In the order of keys. */
  entries(): Iterable<Entry>;
  /** How many follow it; undefined with a selector, where nobody counted. */
  readonly remaining: number | undefined;
  /** The last key of the page when more keys follow: the next page is `{ at: { exact: revision }, after: next }`. */
  readonly next: string | undefined;
  /**
   * The items in a form, with separators between: a few large chunks, shared with the cache, never to be modified. A promise
   * only when the form encodes later (`encodeMany`).
   */
  bytes(form: Form): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
}

/** "Timeout: Too large resource version: <asked>, current: <current>", 504. */
export class TooLargeRevisionError extends Error {
  override name = 'TooLargeRevisionError';
  readonly asked: Revision;
  readonly current: Revision;
  constructor(asked: Revision, current: Revision) {
    super(`Too large resource version: ${asked}, current: ${current}`);
    this.asked = asked;
    this.current = current;
  }
}
