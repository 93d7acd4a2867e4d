/** Who may approve and sign certificate requests of a signer, and what nobody may ask to be. */

import type { Admission, AdmissionRequest } from '#apiserver/admission/admission.ts';
import { on, refusal } from '#apiserver/admission/admission.ts';
import { mastersGroup } from '#apiserver/authn/user.ts';
import type { Authorizer } from '#apiserver/authz/authorizer.ts';
import { resourceAccess } from '#apiserver/authz/authorizer.ts';
import { parseSigningRequest, pemBlocks } from '#lib/pki.ts';
import { quote } from '#machinery/validation/field-error.ts';

const group = 'certificates.k8s.io';
const resource = 'certificatesigningrequests';
const clientSigner = 'kubernetes.io/kube-apiserver-client';

type Asked = Parameters<Admission['handles']>[0];

function onSubresource(subresource: string) {
  return (asked: Asked) =>
    asked.operation === 'UPDATE' &&
    asked.group === group &&
    asked.resource === resource &&
    asked.subresource === subresource;
}

export function certificateApproval(authorizer: Authorizer): Admission {
  return {
    name: 'CertificateApproval',
    handles: onSubresource('approval'),
    validate: request => checkSigner(authorizer, request, 'approve'),
  };
}

export function certificateSigning(authorizer: Authorizer): Admission {
  return {
    name: 'CertificateSigning',
    handles: onSubresource('status'),
    validate(request) {
      const { object, old } = request;
      const answer = ({ status }: { status?: { certificate?: string; conditions?: unknown[] } }) =>
        JSON.stringify([status?.certificate ?? '', status?.conditions ?? []]);
      if (answer(object) !== answer(old)) checkSigner(authorizer, request, 'sign');
    },
  };
}

/** The verb on the signer itself, or on all signers of its domain. */
function checkSigner(authorizer: Authorizer, request: AdmissionRequest, verb: 'approve' | 'sign'): void {
  const signer: string = request.old.spec?.signerName ?? '';
  const names = [signer, `${signer.slice(0, signer.indexOf('/'))}/*`];
  const may = (name: string) => {
    const access = resourceAccess({ verb, group, version: '*', resource: 'signers', name });
    return authorizer.authorize(request.user, access).decision === 'allow';
  };
  if (names.some(may)) return;
  throw refusal(request, `user not permitted to ${verb} requests with signerName ${quote(signer)}`);
}

/** A certificate with the group that may do everything could never be taken back. */
export const certificateSubjectRestriction: Admission = {
  name: 'CertificateSubjectRestriction',
  handles: on(['CREATE'], group, resource),
  validate(request) {
    if (request.object.spec?.signerName !== clientSigner) return;
    const text = Buffer.from(request.object.spec.request ?? '', 'base64').toString('latin1');
    const [block] = pemBlocks(text, 'CERTIFICATE REQUEST');
    if (block === undefined) return; // Validation says so in its own words.
    if (!parseSigningRequest(block).subject.organizations.includes(mastersGroup)) return;
    throw refusal(request, `use of ${clientSigner} signer with ${mastersGroup} group is not allowed`);
  },
};
