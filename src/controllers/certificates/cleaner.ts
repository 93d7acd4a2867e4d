/** Clears away requests that have served their time. */

import type { CertificateSigningRequest } from '#api/certificates/certificate-signing-request.ts';
import { certificateSigningRequests } from '#api/certificates/certificate-signing-request.ts';
import { isNotFound } from '#client/api-error.ts';
import type { Stored } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { Controller } from '#loop/controller.ts';
import { done, wakeAfter, wakeBySelf } from '#loop/controller.ts';

const hourMs = 3_600_000;
/** How long after the last word on it a request is kept. */
const keptMs: Readonly<Record<string, number>> = { Approved: hourMs, Denied: hourMs, Failed: hourMs };
const pendingMs = 24 * hourMs;

export function expiresAtMs({ metadata, status }: Stored<CertificateSigningRequest>): number {
  const times = (status.conditions ?? []).flatMap(({ type, lastUpdateTime }) => {
    const kept = keptMs[type];
    // Approved and still not signed: somebody else's signer takes its time.
    if (kept === undefined || !lastUpdateTime || (type === 'Approved' && !status.certificate)) return [];
    return [Date.parse(lastUpdateTime) + kept];
  });
  return times.length > 0 ? Math.min(...times) : Date.parse(metadata.creationTimestamp) + pendingMs;
}

export function certificateCleanerController({ client, clock, informers }: ControllerDeps): Controller {
  const all = informers.of(certificateSigningRequests);
  return {
    name: 'certificatesigningrequest-cleaner-controller',
    reads: [all],
    wake: queue => wakeBySelf(queue, all),
    async reconcile(name) {
      const request = all.byKey(name);
      if (request === undefined) return done;
      const leftMs = expiresAtMs(request) - clock.nowMs();
      if (leftMs > 0) return wakeAfter(leftMs);
      const preconditions = { uid: request.metadata.uid };
      await client.delete(certificateSigningRequests, { name }, { preconditions }).catch(error => {
        if (!isNotFound(error)) throw error;
      });
      return done;
    },
  };
}
