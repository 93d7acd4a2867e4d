/** Names and ranges of a cluster's network on this machine: pure functions of the names of cluster and node. */

import { createHash } from 'node:crypto';

/** Where `ip netns` keeps them; a name there may hold a dot, a cluster's name may not. */
const netnsFolder = '/run/netns';
const interfaceNameLengthMax = 15;
export const clusterNamePattern = /^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$/;

/** The same on every cluster, since each is in namespaces of its own. */
export const nodeRange = '10.250.0.0/16';
/** The cluster's own address in it: the nodes' way out, and where the API server listens. */
export const clusterAddress = '10.250.0.1';
/** Where the pull relay listens on that address: always the same, for containerd is told it once. */
export const pullRelayPort = 3128;
export const nodeBridge = 'nodes0';
export const uplink = 'uplink0';
const nodeAddressFirst = 10;
const nodesMax = 65_000;

export function clusterNetns(cluster: string): string {
  return `proa-${cluster}`;
}

/** `proa-dev.node-1`; the dot keeps the nodes of cluster `a` apart from cluster `a-b`. */
export function nodeNetns(cluster: string, node: string): string {
  return `proa-${cluster}.${node}`;
}

/** For `nsenter --net=` and the doorway. */
export function netnsPath(netns: string): string {
  return `${netnsFolder}/${netns}`;
}

/** An interface's name is at most 15 bytes, so it carries a hash of what it is for: `px` and 12 hexadecimal digits. */
function hashedName(prefix: string, subject: string): string {
  const digits = createHash('sha256').update(subject).digest('hex');
  return `${prefix}${digits}`.slice(0, interfaceNameLengthMax - 1);
}

/** The cluster's end of a node's cable. */
export function nodePort(cluster: string, node: string): string {
  return hashedName('pn', `${cluster}/${node}`);
}

/** The host's end of the cluster's cable to the outside. */
export function egressPort(cluster: string): string {
  return hashedName('px', cluster);
}

/** The nftables table of a cluster in the host's namespace; a table's name has no hyphen. */
export function egressTable(cluster: string): string {
  return `proa_${cluster.replaceAll('-', '_')}_${hashedName('', cluster).slice(0, 6)}`;
}

/** The address of the node with this number, from 0: `10.250.0.10`. */
export function nodeAddress(index: number): string {
  if (index < 0 || index >= nodesMax) throw new RangeError(`node number ${index} is not between 0 and ${nodesMax - 1}`);
  const host = nodeAddressFirst + index;
  return `10.250.${host >> 8}.${host & 0xff}`;
}

/** 169.254.128.0/17 in networks of four, up to 169.254.168.255: in 169.254.169 clouds answer for metadata. */
export const egressSlots = 41 * 64;

/** A pair of link-local addresses for the cable to the outside: the host's and the cluster's. */
export function egressAddresses(slot: number): { host: string; cluster: string } {
  const base = (slot % egressSlots) * 4;
  const prefix = `169.254.${128 + (base >> 8)}`;
  return { host: `${prefix}.${(base & 0xff) + 1}`, cluster: `${prefix}.${(base & 0xff) + 2}` };
}

/** Where a cluster begins to look for a free pair. */
export function egressSlotOf(cluster: string): number {
  return createHash('sha256').update(cluster).digest().readUInt32BE(0) % egressSlots;
}
