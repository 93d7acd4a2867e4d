/** What the forms of one version of a resource are made from. */

import type { Served } from '#apiserver/served.ts';
import { canonical } from '#machinery/codec/decode.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { Entry } from '#watch/entry.ts';

export interface FormSource {
  readonly served: Pick<Served, 'resource' | 'fromHub'>;
  /** Whether the stored bytes are this version's, and only need their resourceVersion. */
  readonly isHub: boolean;
  readonly strategy: Served['stored']['strategy'];
}

/** The metadata of the hub's object, for forms that show nothing else. */
export function metadataOf(strategy: Served['stored']['strategy'], hub: AnyJson): AnyJson {
  return strategy.plainMetadata === undefined ? hub.metadata : strategy.plainMetadata(hub);
}

/** The object of an entry in this version, with its resourceVersion. Shared, never mutated. */
export function objectOf(source: FormSource, entry: Entry): AnyJson {
  const hub = entry.object();
  const { fromHub, resource } = source.served;
  return fromHub === undefined ? hub : canonical(resource.schema, fromHub(hub));
}
