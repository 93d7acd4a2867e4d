/** Which resource a kind is, by what the server serves. */

import type { Discovery, ServedResource } from '#client/discovery.ts';
import { parseApiVersion } from '#machinery/resource.ts';

/** Never collected: they come by the thousand, own nothing and go by themselves. */
const ignored = new Set(['events', 'events.events.k8s.io']);

export class Kinds {
  readonly #byKind = new Map<string, ServedResource>();
  /** What to watch: each resource once, in the version that its group prefers. */
  readonly collectable: readonly ServedResource[];

  constructor(discovery: Discovery) {
    for (const resource of discovery.resources) {
      const key = `${resource.group}/${resource.version}/${resource.kind}`;
      if (!this.#byKind.has(key)) this.#byKind.set(key, resource);
    }
    this.collectable = discovery.resources.filter(isCollectable);
  }

  resourceOf(apiVersion: string, kind: string): ServedResource | undefined {
    const { group, version } = parseApiVersion(apiVersion);
    return this.#byKind.get(`${group}/${version}/${kind}`);
  }
}

function isCollectable({ group, plural, verbs, preferred }: ServedResource): boolean {
  if (!preferred || ignored.has(group === '' ? plural : `${plural}.${group}`)) return false;
  return verbs.includes('delete') && verbs.includes('list') && verbs.includes('watch');
}
