/** Approves what kubelets ask for themselves, when who asks may. */

import { subjectAccessReviews } from '#api/authorization/subject-access-review.ts';
import type { CertificateSigningRequest } from '#api/certificates/certificate-signing-request.ts';
import { certificateSigningRequests } from '#api/certificates/certificate-signing-request.ts';
import type { Stored } from '#client/object.ts';
import { hasCondition, readRequest } from '#controllers/certificates/request.ts';
import { kubeletClientRefusal, signers } from '#controllers/certificates/rules.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { rfc3339 } from '#lib/clock.ts';
import type { SigningRequest } from '#lib/pki.ts';
import type { Controller } from '#loop/controller.ts';
import { done, wakeBySelf } from '#loop/controller.ts';

type Request = Stored<CertificateSigningRequest>;

export function certificateApprovingController({ client, clock, informers }: ControllerDeps): Controller {
  const all = informers.of(certificateSigningRequests);

  async function mayAsk(request: Request, subresource: string): Promise<boolean> {
    const { username, uid, groups, extra } = request.spec;
    const group = 'certificates.k8s.io';
    const resourceAttributes = { group, resource: 'certificatesigningrequests', verb: 'create', subresource };
    const review = await client.create(subjectAccessReviews, {
      spec: { user: username, uid, groups, extra, resourceAttributes },
    });
    return review.status.allowed === true;
  }

  async function approve(request: Request, whose: string): Promise<void> {
    const now = rfc3339(clock.nowMs());
    const message = `Auto approving ${whose} certificate after SubjectAccessReview.`;
    const condition = {
      type: 'Approved',
      status: 'True',
      reason: 'AutoApproved',
      message,
      lastUpdateTime: now,
      lastTransitionTime: now,
    };
    const conditions = [...(request.status.conditions ?? []), condition];
    await client.updateSubresource(certificateSigningRequests, 'approval', {
      ...request,
      status: { ...request.status, conditions },
    });
  }

  return {
    name: 'certificatesigningrequest-approving-controller',
    reads: [all],
    wake: queue => wakeBySelf(queue, all),
    async reconcile(name) {
      const request = all.byKey(name);
      if (request === undefined || request.spec.signerName !== signers.kubeletClient) return done;
      if (request.status.certificate || hasCondition(request, 'Approved') || hasCondition(request, 'Denied'))
        return done;
      let asked: SigningRequest;
      try {
        asked = readRequest(request);
      } catch {
        return done; // Whatever it is, it is not a kubelet's.
      }
      if (kubeletClientRefusal(asked, request.spec.usages ?? []) !== undefined) return done;
      const own = asked.subject.commonName === request.spec.username;
      if (own && (await mayAsk(request, 'selfnodeclient'))) await approve(request, 'self kubelet client');
      else if (await mayAsk(request, 'nodeclient')) await approve(request, 'kubelet client');
      return done;
    },
  };
}
