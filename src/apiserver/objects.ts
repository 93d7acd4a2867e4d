/**
 * The objects of one resource as the parts of the server beside the verbs read them (authorizers, admission, reviews):
 * decoded, shared, never to be changed, out of the watch cache.
 */

export interface Change<T> {
  /** Undefined: it is new. */
  readonly before: T | undefined;
  /** Undefined: it is gone. */
  readonly after: T | undefined;
}

export interface Objects<T> {
  /** What the cache has now. The namespace is '' for a cluster-wide resource. */
  get(namespace: string, name: string): T | undefined;
  /** All of them, or those of a namespace. */
  list(namespace?: string): Iterable<T>;
  /** As fresh as the store itself: for the rare decision that must not be wrong (a namespace that may just have come). */
  latest(namespace: string, name: string): Promise<T | undefined>;
  /** Called for everything that is there, as new, and then for each change in the order of revisions. */
  onChange(listener: (change: Change<T>) => void): void;
}
