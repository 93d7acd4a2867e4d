/** Tells the API that nothing of a deleted Pod runs any more: it may forget it. */

import { pods } from '#api/core/pod.ts';
import { isConflict, isNotFound } from '#client/api-error.ts';
import type { Client } from '#client/client.ts';
import type { KubeletPod } from '#kubelet/host.ts';

export async function deleteForGood(client: Client, { metadata }: KubeletPod): Promise<void> {
  const { uid, namespace, name } = metadata;
  try {
    await client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
  } catch (error) {
    // Forgotten already, or another Pod of that name.
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
