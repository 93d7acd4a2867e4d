/**
 * The network of a cluster on this machine. For the cluster `dev` with two nodes:
 *
 * ```
 *   host ── px…  (only with egress: one veth, one nftables table)
 *           │
 *   netns proa-dev            uplink0   nodes0 (bridge, 10.250.0.1/16)   routes: each node's Pod range via its address
 *                                        │        │
 *   netns proa-dev.node-0, .node-1      eth0     eth0   10.250.0.10, 10.250.0.11; default route via 10.250.0.1
 *                                        │        │
 *   Pods                              ptp veths (CNI), one route of one address each
 * ```
 * Pods are joined by `ptp`, not by a bridge: every packet between two Pods is then routed, so it meets the node's
 * nftables rules and connection tracking in both directions without br_netfilter.
 *
 * Nothing may leak: an address of a Pod, a Service or a node that nobody has is unreachable in the node (its own Pods)
 * and in the cluster's namespace (the rest), and the host drops what would still be on its way out.
 *
 * Everything can be done again: what is there stays, what is missing is made.
 */

import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { run } from '#lib/process.ts';
import {
  clusterAddress,
  clusterNetns,
  egressAddresses,
  egressPort,
  egressSlotOf,
  egressSlots,
  egressTable,
  netnsPath,
  nodeBridge,
  nodeNetns,
  nodePort,
  nodeRange,
  uplink,
} from './network-names.ts';

export interface ClusterNetwork {
  cluster: string;
  /** 10.244.0.0/16 */
  podRange: string;
  /** 10.96.0.0/16 */
  serviceRange: string;
  /** Pods reach the outside. */
  egress: boolean;
  /** The namespace that stands for the host, for tests; the host's own when absent. */
  hostNetns?: string | undefined;
}

export interface NodeNetwork {
  cluster: string;
  node: string;
  /** Of the node, from `nodeAddress`. */
  address: string;
  /** The range of the node's Pods, 10.244.3.0/24. */
  podCidr: string;
}

const nodePrefixLength = nodeRange.slice(nodeRange.indexOf('/') + 1);
/** Behind every real route. */
const lastMetric = 4_000_000;

export async function createClusterNetwork(network: ClusterNetwork): Promise<void> {
  const netns = clusterNetns(network.cluster);
  await ensureNetns(netns);
  const links = await linkNames(netns);
  await batch(netns, [
    'link set lo up',
    ...(links.has(nodeBridge) ? [] : [`link add ${nodeBridge} type bridge`]),
    `address replace ${clusterAddress}/${nodePrefixLength} dev ${nodeBridge}`,
    `link set ${nodeBridge} up`,
    `route replace unreachable ${network.podRange} metric ${lastMetric}`,
    `route replace unreachable ${network.serviceRange} metric ${lastMetric}`,
  ]);
  await setRouter(netns);
  if (network.egress) await createEgress(network);
  else await removeEgress(network.cluster, network.hostNetns);
}

/** The cluster's namespace is there already. */
export async function createNodeNetwork(network: NodeNetwork): Promise<void> {
  const { cluster, node, address, podCidr } = network;
  const router = clusterNetns(cluster);
  const netns = nodeNetns(cluster, node);
  const port = nodePort(cluster, node);
  await ensureNetns(netns);
  const [links, ports] = await Promise.all([linkNames(netns), linkNames(router)]);
  if (!links.has('eth0')) {
    // A port without its other end is what an earlier namespace of this name has left; the kernel may be taking it away.
    if (ports.has(port)) await batch(router, [`link delete ${port}`]).catch(unlessGone(port, router));
    await batch(router, [`link add ${port} type veth peer name eth0 netns ${netns}`]);
  }
  await batch(netns, [
    'link set lo up',
    `address replace ${address}/${nodePrefixLength} dev eth0`,
    'link set eth0 up',
    `route replace default via ${clusterAddress}`,
    `route replace unreachable ${podCidr} metric ${lastMetric}`,
  ]);
  await batch(router, [
    `link set ${port} master ${nodeBridge} up`,
    `route replace ${podCidr} via ${address} dev ${nodeBridge}`,
  ]);
  await setRouter(netns);
}

function unlessGone(link: string, ...where: Parameters<typeof linkNames>): (error: unknown) => Promise<void> {
  return async error => {
    if ((await linkNames(...where)).has(link)) throw error;
  };
}

/** The processes of the node are gone already. */
export async function removeNodeNetwork({ cluster, node, address, podCidr }: NodeNetwork): Promise<void> {
  const router = clusterNetns(cluster);
  if (hasNetns(router)) {
    const text = await run(['ip', '-netns', router, '-json', 'route']);
    const routes = JSON.parse(text || '[]') as { dst: string; gateway?: string }[];
    const port = nodePort(cluster, node);
    await batch(router, [
      ...(routes.some(route => route.gateway === address) ? [`route delete ${podCidr} via ${address}`] : []),
      ...((await linkNames(router)).has(port) ? [`link delete ${port}`] : []),
    ]);
  }
  await deleteNetns(nodeNetns(cluster, node));
}

/** Everything of the cluster, its nodes' namespaces included. */
export async function removeClusterNetwork(cluster: string, hostNetns?: string): Promise<void> {
  for (const node of clusterNodes(cluster)) await deleteNetns(nodeNetns(cluster, node));
  await removeEgress(cluster, hostNetns);
  await deleteNetns(clusterNetns(cluster));
}

/** The nodes that have a namespace on this machine. */
export function clusterNodes(cluster: string): string[] {
  const prefix = nodeNetns(cluster, '');
  const folder = dirname(netnsPath(prefix));
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter(name => name.startsWith(prefix)).map(name => name.slice(prefix.length));
}

// The way out

async function createEgress(network: ClusterNetwork): Promise<void> {
  const { cluster, hostNetns } = network;
  const netns = clusterNetns(cluster);
  const port = egressPort(cluster);
  const host = inNetns(hostNetns);
  const pair = await egressPair(cluster, hostNetns);
  if (!(await linkNames(netns)).has(uplink)) {
    await run([...host, 'ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', uplink, 'netns', netns]);
    await run([...host, 'ip', 'address', 'add', `${pair.host}/30`, 'dev', port]);
    await run([...host, 'ip', 'link', 'set', port, 'up']);
  }
  await batch(netns, [
    `address replace ${pair.cluster}/30 dev ${uplink}`,
    `link set ${uplink} up`,
    `route replace default via ${pair.host}`,
  ]);
  // Stays on when the cluster goes: another program may count on it by then.
  await run([...host, 'tee', '/proc/sys/net/ipv4/ip_forward'], { input: '1' });
  const ranges = [network.podRange, network.serviceRange, nodeRange];
  await run([...inNetns(netnsPath(netns)), 'nft', '-f', '-'], { input: clusterEgressRules() });
  const rules = hostEgressRules({ table: egressTable(cluster), port, clusterAddress: pair.cluster, ranges });
  await run([...host, 'nft', '-f', '-'], { input: rules });
}

/** Deleting the host's end deletes the other one too; when that has gone first, the table alone is left. */
async function removeEgress(cluster: string, hostNetns: string | undefined): Promise<void> {
  const host = inNetns(hostNetns);
  const port = egressPort(cluster);
  const table = egressTable(cluster);
  const tables = await run([...host, 'nft', 'list', 'tables', 'ip']);
  if ((await linkNames(undefined, hostNetns)).has(port)) {
    await run([...host, 'ip', 'link', 'delete', port]).catch(unlessGone(port, undefined, hostNetns));
  }
  if (tables.split('\n').includes(`table ip ${table}`)) await run([...host, 'nft', 'delete', 'table', 'ip', table]);
}

/** What goes out of the cluster has one address, which only the host knows. */
export function clusterEgressRules(): string {
  return [
    'table ip egress',
    'delete table ip egress',
    'table ip egress {',
    '  chain postrouting {',
    '    type nat hook postrouting priority srcnat;',
    `    oifname "${uplink}" masquerade`,
    '  }',
    '}\n',
  ].join('\n');
}

export function hostEgressRules(of: {
  table: string;
  port: string;
  clusterAddress: string;
  ranges: readonly string[];
}): string {
  return [
    `table ip ${of.table}`,
    `delete table ip ${of.table}`,
    `table ip ${of.table} {`,
    '  chain forward {',
    '    type filter hook forward priority filter - 5;',
    `    iifname "${of.port}" ip daddr { ${of.ranges.join(', ')} } drop`,
    '  }',
    '  chain postrouting {',
    '    type nat hook postrouting priority srcnat;',
    `    ip saddr ${of.clusterAddress} oifname != "${of.port}" masquerade`,
    '  }',
    '}\n',
  ].join('\n');
}

/** The pair that the cluster has already, or else the next that nobody on the host has. */
async function egressPair(cluster: string, hostNetns: string | undefined): Promise<{ host: string; cluster: string }> {
  const text = await run([...inNetns(hostNetns), 'ip', '-json', '-4', 'address']);
  const links = JSON.parse(text || '[]') as { ifname: string; addr_info: { local: string }[] }[];
  const taken = new Map(links.flatMap(link => link.addr_info.map(address => [address.local, link.ifname])));
  const port = egressPort(cluster);
  const pairs = Array.from({ length: egressSlots }, (_, index) => egressAddresses(egressSlotOf(cluster) + index));
  const pair = pairs.find(each => taken.get(each.host) === port) ?? pairs.find(each => !taken.has(each.host));
  if (pair === undefined) throw new Error(`all ${egressSlots} address pairs for the way out of a cluster are taken`);
  return pair;
}

// The tools

function inNetns(path: string | undefined): string[] {
  return path === undefined ? [] : ['nsenter', `--net=${path}`, '--'];
}

function hasNetns(netns: string): boolean {
  return existsSync(netnsPath(netns));
}

async function ensureNetns(netns: string): Promise<void> {
  if (!hasNetns(netns)) await run(['ip', 'netns', 'add', netns]);
}

async function deleteNetns(netns: string): Promise<void> {
  if (hasNetns(netns)) await run(['ip', 'netns', 'delete', netns]);
}

/** Many commands of `ip` in one process. */
async function batch(netns: string, commands: readonly string[]): Promise<void> {
  await run(['ip', '-netns', netns, '-batch', '-'], { input: `${commands.join('\n')}\n` });
}

async function linkNames(netns: string | undefined, hostNetns?: string): Promise<Set<string>> {
  const ip = netns === undefined ? [...inNetns(hostNetns), 'ip'] : ['ip', '-netns', netns];
  const links = JSON.parse((await run([...ip, '-json', 'link'])) || '[]') as { ifname: string }[];
  return new Set(links.map(link => link.ifname));
}

/** `/proc/sys/net` shows the namespace of who opens it, so the files are written by a program inside. */
async function setRouter(netns: string): Promise<void> {
  const ipv4 = '/proc/sys/net/ipv4';
  const enter = inNetns(netnsPath(netns));
  await run([...enter, 'tee', `${ipv4}/ip_forward`], { input: '1' });
  // Whoever asks for an address that nobody has is told each time, not once a second.
  await run([...enter, 'tee', `${ipv4}/icmp_ratelimit`], { input: '0' });
  // Nodes that share a link need not be told of a shorter way: it would pass by the router's rules.
  await run([...enter, 'tee', `${ipv4}/conf/all/send_redirects`, `${ipv4}/conf/default/send_redirects`], {
    input: '0',
  });
}

// What the CNI plugins are told

/** `dataDir` holds the addresses handed out; the name of the network is in the names of CNI's own files. */
export function cniConfig(options: { networkName: string; podCidr: string; dataDir: string }): string {
  const ipam = {
    type: 'host-local',
    dataDir: options.dataDir,
    ranges: [[{ subnet: options.podCidr }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  const plugins = [
    { type: 'ptp', ipMasq: false, ipam },
    { type: 'portmap', capabilities: { portMappings: true } },
  ];
  return `${JSON.stringify({ cniVersion: '0.4.0', name: options.networkName, plugins }, undefined, 2)}\n`;
}
