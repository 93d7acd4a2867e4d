/** What each of Kubernetes' own signers signs. Pure. */

import type { SigningRequest } from '#lib/pki.ts';

export const signers = {
  client: 'kubernetes.io/kube-apiserver-client',
  kubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  kubeletServing: 'kubernetes.io/kubelet-serving',
} as const;

const nodesGroup = 'system:nodes';
const nodePrefix = 'system:node:';
const digitalSignature = 'digital signature';
const keyEncipherment = 'key encipherment';

/** Why the signer does not sign; undefined when it does. */
export function refusal(signerName: string, request: SigningRequest, usages: readonly string[]): string | undefined {
  switch (signerName) {
    case signers.client:
      return clientRefusal(usages);
    case signers.kubeletClient:
      return kubeletClientRefusal(request, usages);
    case signers.kubeletServing:
      return kubeletServingRefusal(request, usages);
    default:
      return undefined;
  }
}

function clientRefusal(usages: readonly string[]): string | undefined {
  const allowed = [digitalSignature, keyEncipherment, 'client auth'];
  const strange = usages.find(usage => !allowed.includes(usage));
  if (strange !== undefined) return `invalid usage for client certificate: ${strange}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

export function kubeletClientRefusal(request: SigningRequest, usages: readonly string[]): string | undefined {
  const { names } = request;
  return (
    groupRefusal(request) ??
    (names.dns.length > 0 ? 'DNS subjectAltNames are not allowed' : undefined) ??
    (names.emails.length > 0 ? 'email subjectAltNames are not allowed' : undefined) ??
    (names.ips.length > 0 ? 'IP subjectAltNames are not allowed' : undefined) ??
    (names.uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined) ??
    nameRefusal(request) ??
    usagesRefusal(usages, 'client auth')
  );
}

function kubeletServingRefusal(request: SigningRequest, usages: readonly string[]): string | undefined {
  const { names } = request;
  return (
    groupRefusal(request) ??
    (names.dns.length + names.ips.length === 0 ? 'DNS or IP subjectAltName is required' : undefined) ??
    (names.emails.length > 0 ? 'email subjectAltNames are not allowed' : undefined) ??
    (names.uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined) ??
    usagesRefusal(usages, 'server auth') ??
    nameRefusal(request)
  );
}

function groupRefusal({ subject }: SigningRequest): string | undefined {
  const isNode = subject.organizations.length === 1 && subject.organizations[0] === nodesGroup;
  return isNode ? undefined : `subject organization is not ${nodesGroup}`;
}

function nameRefusal({ subject }: SigningRequest): string | undefined {
  return subject.commonName.startsWith(nodePrefix)
    ? undefined
    : `subject common name does not begin with ${nodePrefix}`;
}

function usagesRefusal(usages: readonly string[], purpose: string): string | undefined {
  const needed = [digitalSignature, purpose];
  const extra = usages.filter(usage => !needed.includes(usage));
  const fits = needed.every(usage => usages.includes(usage)) && extra.every(usage => usage === keyEncipherment);
  return fits ? undefined : `usages did not match [${needed.join(' ')}]`;
}
