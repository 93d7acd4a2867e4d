/** Signs approved requests as Kubernetes' own signers do. */

import type { CertificateSigningRequest } from '#api/certificates/certificate-signing-request.ts';
import { certificateSigningRequests } from '#api/certificates/certificate-signing-request.ts';
import type { Stored } from '#client/object.ts';
import { hasCondition, readRequest } from '#controllers/certificates/request.ts';
import { refusal, signers } from '#controllers/certificates/rules.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { messageOf } from '#controllers/pod-control.ts';
import { rfc3339 } from '#lib/clock.ts';
import { certifyKey, type KeyPair, pem, type SigningRequest } from '#lib/pki.ts';
import type { Controller } from '#loop/controller.ts';
import { done, wakeBySelf } from '#loop/controller.ts';

type Request = Stored<CertificateSigningRequest>;

const ours: readonly string[] = Object.values(signers);
/** Clocks of those who verify may be a little behind. */
const backdateMs = 300_000;
const lifeMs = 365 * 24 * 3_600_000;

export function certificateSigningController(deps: ControllerDeps, authority: KeyPair): Controller {
  const { client, clock, informers, random } = deps;
  const all = informers.of(certificateSigningRequests);

  function certificateFor(request: Request, asked: SigningRequest): string {
    const { signerName, expirationSeconds } = request.spec;
    const nowMs = clock.nowMs();
    const notBeforeMs = nowMs - backdateMs;
    const notAfterMs = expirationSeconds === undefined ? notBeforeMs + lifeMs : nowMs + expirationSeconds * 1000;
    const purpose = signerName === signers.kubeletServing ? 'server' : 'client';
    const parts = { subject: asked.subject, names: asked.names, purpose, notBeforeMs, notAfterMs } as const;
    return pem('CERTIFICATE', certifyKey(parts, asked.publicKeyDer, authority, random));
  }

  async function fail(request: Request, message: string): Promise<void> {
    const now = rfc3339(clock.nowMs());
    const reason = 'SignerValidationFailure';
    const condition = { type: 'Failed', status: 'True', reason, message, lastUpdateTime: now, lastTransitionTime: now };
    const conditions = [...(request.status.conditions ?? []), condition];
    await client.updateStatus(certificateSigningRequests, { ...request, status: { ...request.status, conditions } });
  }

  return {
    name: 'certificatesigningrequest-signing-controller',
    reads: [all],
    workers: 5,
    wake: queue => wakeBySelf(queue, all),
    async reconcile(name) {
      const request = all.byKey(name);
      if (request === undefined || !ours.includes(request.spec.signerName ?? '')) return done;
      if (request.status.certificate || hasCondition(request, 'Failed') || hasCondition(request, 'Denied')) return done;
      if (!hasCondition(request, 'Approved')) return done;
      let asked: SigningRequest;
      try {
        asked = readRequest(request);
      } catch (error) {
        await fail(request, `unable to parse csr "${name}": ${messageOf(error)}`);
        return done;
      }
      const why = refusal(request.spec.signerName ?? '', asked, request.spec.usages ?? []);
      if (why !== undefined) {
        await fail(request, why);
        return done;
      }
      const certificate = Buffer.from(certificateFor(request, asked), 'utf8').toString('base64');
      await client.updateStatus(certificateSigningRequests, { ...request, status: { ...request.status, certificate } });
      return done;
    },
  };
}
