/** The images of a simulated runtime: every name has one, found by name and by id; its digest is the hash of its name. */

import { createHash } from 'node:crypto';
import type { Image } from './runtime.ts';

const sizeBytesMin = 5 << 20;

export class SimulatedImages {
  readonly #byName = new Map<string, Image>();

  list(): Image[] {
    return [...new Set(this.#byName.values())];
  }

  find(name: string): Image | undefined {
    return this.#byName.get(name);
  }

  /** As if pulled. */
  add(name: string): Image {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const digest = createHash('sha256').update(name).digest();
    const id = `sha256:${digest.toString('hex')}`;
    const repository = name.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
    const repoTags = name.includes('@') ? [] : [name];
    const sizeBytes = sizeBytesMin + Math.floor(digest.readUInt32BE(0) / 16);
    const image = { id, repoTags, repoDigests: [`${repository}@${id}`], sizeBytes, username: '', pinned: false };
    this.#byName.set(name, image);
    this.#byName.set(id, image);
    return image;
  }

  /** Under all its names. */
  remove(name: string): void {
    const found = this.#byName.get(name);
    for (const [each, image] of this.#byName) if (image === found) this.#byName.delete(each);
  }
}
