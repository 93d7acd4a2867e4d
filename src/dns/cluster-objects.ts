/**
 * The Service that Pods and people know the DNS by. It has no selector: the DNS is a part of every node, not a Pod, so
 * whoever sets the cluster up says which nodes there are.
 */

import type { Service } from '#api/core/service.ts';
import type { EndpointSlice } from '#api/discovery/endpoint-slice.ts';
import type { ClusterRole } from '#api/rbac/cluster-role.ts';
import type { ClusterRoleBinding } from '#api/rbac/cluster-role-binding.ts';

export const dnsNamespace = 'kube-system';
/** Upstream's name, whatever answers. */
export const dnsServiceName = 'kube-dns';

const ports = [
  { name: 'dns', port: 53, protocol: 'UDP' },
  { name: 'dns-tcp', port: 53, protocol: 'TCP' },
];

export function dnsService(clusterIp: string): Service {
  const labels = { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: dnsServiceName, namespace: dnsNamespace, labels },
    spec: {
      type: 'ClusterIP',
      clusterIP: clusterIp,
      clusterIPs: [clusterIp],
      ports: ports.map(each => ({ ...each, targetPort: each.port })),
    },
  } as Service;
}

export function dnsEndpoints(nodes: readonly { readonly name: string; readonly address: string }[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: dnsServiceName,
      namespace: dnsNamespace,
      labels: { 'kubernetes.io/service-name': dnsServiceName, 'endpointslice.kubernetes.io/managed-by': 'node-dns' },
    },
    addressType: 'IPv4',
    ports,
    endpoints: nodes.map(({ name, address }) => ({
      addresses: [address],
      nodeName: name,
      conditions: { ready: true, serving: true, terminating: false },
    })),
  };
}

const readerRole = 'system:coredns';

/** What the DNS reads. Upstream's clusters have the role by the same name. */
export function dnsRole(): ClusterRole {
  const verbs = ['list', 'watch'];
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: readerRole },
    rules: [
      { apiGroups: [''], resources: ['services', 'namespaces'], verbs },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
    ],
  };
}

/** `user` is who runs it: `system:kube-proxy` where both are one process and share their copies. */
export function dnsRoleBinding(user: string): ClusterRoleBinding {
  const apiGroup = 'rbac.authorization.k8s.io';
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: readerRole },
    roleRef: { apiGroup, kind: 'ClusterRole', name: readerRole },
    subjects: [{ apiGroup, kind: 'User', name: user }],
  };
}
