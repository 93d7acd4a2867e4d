/** The machine's own resolvers, as far as a node can reach them from its namespace. */

import { isIPv4 } from 'node:net';
import type { DnsConfig } from '#kubelet/cri/runtime.ts';
import { nodeDns } from '#kubelet/dns.ts';

/** With systemd's resolver the first names a loopback address that only the host answers at; the second what is behind it. */
const files = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

/** The first file that names a resolver which can be reached; else what the first one says. For Pods of dnsPolicy Default. */
export function machineDns(paths: readonly string[] = files): DnsConfig {
  const all = paths.map(path => nodeDns(path));
  return all.find(dns => reachableServers(dns).length > 0) ?? all[0] ?? {};
}

/** Those that answer names outside of the cluster. */
export function reachableServers({ servers = [] }: DnsConfig): string[] {
  return servers.filter(server => isIPv4(server) && !server.startsWith('127.'));
}
