/** What ended containers left to say: read once, because it does not change any more. */

import type { ObservedContainer, ObservedPod } from '#kubelet/observed.ts';

export class TerminationMessages {
  /** By container id. */
  readonly #messages = new Map<string, string>();

  /** Adds them to the statuses of containers that have ended. */
  async addTo(observed: ObservedPod, read: (status: ObservedContainer) => Promise<string>): Promise<void> {
    const present = new Set(observed.containers.map(({ id }) => id));
    for (const id of this.#messages.keys()) if (!present.has(id)) this.#messages.delete(id);
    for (const status of observed.containers) {
      if (status.state !== 'Exited') continue;
      const message = this.#messages.get(status.id) ?? (await read(status));
      this.#messages.set(status.id, message);
      if (message !== '') status.message = status.message === '' ? message : `${status.message}: ${message}`;
    }
  }
}
