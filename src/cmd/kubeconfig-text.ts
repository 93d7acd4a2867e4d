/** A kubeconfig with one cluster, one user and one context: what admin, the components and the nodes are given. */

import type { KeyPair } from '#lib/pki.ts';
import { keyPem, pem } from '#lib/pki.ts';

export interface KubeconfigParts {
  readonly server: string;
  /** The name of the cluster and the context. */
  readonly cluster: string;
  readonly user: string;
  readonly authority: Uint8Array;
  readonly client: KeyPair;
  /** That of the context; `default` if absent. */
  readonly namespace?: string | undefined;
}

export function kubeconfigText(parts: KubeconfigParts): string {
  const { server, cluster, user, authority, client, namespace } = parts;
  const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');
  const quoted = JSON.stringify;
  return `apiVersion: v1
kind: Config
clusters:
- name: ${quoted(cluster)}
  cluster:
    server: ${quoted(server)}
    certificate-authority-data: ${base64(pem('CERTIFICATE', authority))}
contexts:
- name: ${quoted(cluster)}
  context:
    cluster: ${quoted(cluster)}
    user: ${quoted(user)}${namespace === undefined ? '' : `\n    namespace: ${quoted(namespace)}`}
current-context: ${quoted(cluster)}
users:
- name: ${quoted(user)}
  user:
    client-certificate-data: ${base64(pem('CERTIFICATE', client.certificate))}
    client-key-data: ${base64(keyPem(client.key))}
`;
}
