/** What a node needs to be one: a kubeconfig as `system:node:NAME`, and what its kubelet shows to the API server. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dnsUser } from '#cmd/cluster-dns.ts';
import { componentSubject, type Identity, nodeSubject } from '#cmd/identity.ts';
import { kubeconfigText } from '#cmd/kubeconfig-text.ts';
import { keyPem, pem } from '#lib/pki.ts';

export interface NodeCredentials {
  readonly kubeconfig: string;
  /** Of the service proxy, and of the DNS: they see Services and endpoints, and nothing of Pods. */
  readonly proxyKubeconfig: string;
  readonly dnsKubeconfig: string;
  readonly servingCertificate: string;
  readonly servingKey: string;
  readonly authority: string;
}

export function nodeCredentialFiles(directory: string): NodeCredentials {
  const pki = join(directory, 'pki');
  return {
    kubeconfig: join(directory, 'kubelet.kubeconfig'),
    proxyKubeconfig: join(directory, 'proxy.kubeconfig'),
    dnsKubeconfig: join(directory, 'dns.kubeconfig'),
    servingCertificate: join(pki, 'kubelet.crt'),
    servingKey: join(pki, 'kubelet.key'),
    authority: join(pki, 'ca.crt'),
  };
}

export async function writeNodeCredentials(
  identity: Identity,
  node: { readonly directory: string; readonly name: string; readonly address: string },
  cluster: { readonly name: string; readonly server: string },
): Promise<void> {
  const files = nodeCredentialFiles(node.directory);
  await mkdir(join(node.directory, 'pki'), { recursive: true, mode: 0o700 });
  const authority = identity.clusterCa.certificate;
  const client = identity.client(`node-${node.name}`, nodeSubject(node.name));
  const serving = identity.kubeletServer(node.name, { dns: [node.name], ips: [node.address] });
  const user = `system:node:${node.name}`;
  const parts = { server: cluster.server, cluster: cluster.name, authority };
  const text = kubeconfigText({ ...parts, user, client });
  const proxy = identity.client('kube-proxy', componentSubject('kube-proxy'));
  const proxyText = kubeconfigText({ ...parts, user: 'system:kube-proxy', client: proxy });
  const dns = identity.client('dns', { commonName: dnsUser, organizations: [] });
  const dnsText = kubeconfigText({ ...parts, user: dnsUser, client: dns });
  const write = (path: string, content: string) => writeFile(path, content, { mode: 0o600 });
  await Promise.all([
    write(files.kubeconfig, text),
    write(files.proxyKubeconfig, proxyText),
    write(files.dnsKubeconfig, dnsText),
    write(files.servingCertificate, pem('CERTIFICATE', serving.certificate)),
    write(files.servingKey, keyPem(serving.key)),
    write(files.authority, pem('CERTIFICATE', authority)),
  ]);
}
