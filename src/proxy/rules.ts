/**
 * What one Service becomes in the table: chains, sets, and elements of the maps that lead to the chains.
 *
 * ```text
 * service-ips        10.96.0.7 . tcp . 80   : goto cluster/default/web/tcp/80
 * service-nodeports  tcp . 30080            : goto external/default/web/tcp/80
 * external/default/web/tcp/80     jump masquerade-later
 *                                 goto cluster/default/web/tcp/80
 * cluster/default/web/tcp/80      meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.244.1.2 . 80, … }
 * ```
 *
 * However many Services there are, a packet costs one look into each map, and a change costs its own Service.
 */

import type { Service, ServicePort } from '#api/core/service.ts';
import type { EndpointSlice } from '#api/discovery/endpoint-slice.ts';
import type { Stored } from '#client/object.ts';
import { formatRange, parseAddress, parseRange, rangeHas } from '#lib/ip.ts';
import type { Place, Target, Targets } from '#proxy/endpoints.ts';
import { targetsOf } from '#proxy/endpoints.ts';
import { bitsOf, type Family, ofFamily } from '#proxy/family.ts';

export interface View extends Place {
  readonly family: Family;
  /** Of the Pods, in this family. */
  readonly clusterCidr?: string | undefined;
  /** Of the Pods of this node. */
  readonly podCidr?: string | undefined;
  /** Where nodePorts answer. */
  readonly nodeIps: readonly string[];
  /** Addresses of Services that this node answers itself, such as that of its DNS. */
  readonly localIps: ReadonlySet<string>;
}

/** A part of the table, by name. What it says is a function of the Service alone, so texts can be compared. */
export interface Rules {
  readonly chains: ReadonlyMap<string, readonly string[]>;
  readonly sets: ReadonlyMap<string, string>;
  /** `map key` → what it leads to; '' for an element of a plain set. */
  readonly elements: ReadonlyMap<string, string>;
  /** Where UDP comes in (`10.96.0.10 53`, or ` 30053` of a nodePort) → the endpoints (`10.244.1.2 53`) it goes to. */
  readonly datagrams: ReadonlyMap<string, ReadonlySet<string>>;
}

interface Draft {
  readonly chains: Map<string, string[]>;
  readonly sets: Map<string, string>;
  readonly elements: Map<string, string>;
  readonly datagrams: Map<string, Set<string>>;
}

const affinitySecondsDefault = 10_800;
const proxyNameLabel = 'service.kubernetes.io/service-proxy-name';

/** Nothing for a Service that is not ours to serve: without an address, or left to another proxy by its label. */
export function serviceRules(
  service: Stored<Service> | undefined,
  slices: readonly EndpointSlice[],
  view: View,
): Rules | undefined {
  if (service === undefined || service.spec.type === 'ExternalName') return undefined;
  if (service.metadata.labels?.[proxyNameLabel] !== undefined) return undefined;
  const clusterIps = ofFamily(service.spec.clusterIPs ?? [service.spec.clusterIP ?? ''], view.family);
  if (clusterIps.length === 0) return undefined;
  const servedIps = clusterIps.filter(ip => !view.localIps.has(ip));
  const draft: Draft = { chains: new Map(), sets: new Map(), elements: new Map(), datagrams: new Map() };
  for (const ip of servedIps) draft.elements.set(`cluster-ips ${ip}`, '');
  for (const port of service.spec.ports ?? []) {
    addPort(draft, { service, port, clusterIps: servedIps, targets: targetsOf(port, slices, view, view.family), view });
  }
  return draft;
}

interface PortParts {
  readonly service: Stored<Service>;
  readonly port: ServicePort;
  readonly clusterIps: readonly string[];
  readonly targets: Targets;
  readonly view: View;
}

function addPort(draft: Draft, parts: PortParts): void {
  const { service, port, clusterIps, targets, view } = parts;
  const { spec } = service;
  const protocol = protocolOf(port);
  const path = `${service.metadata.namespace}/${service.metadata.name}/${protocol}/${port.port}`;
  for (const target of [...targets.cluster, ...targets.local]) {
    if (target.maybeHere) draft.elements.set(`hairpin ${target.address} . ${target.address}`, '');
  }
  const internal = spec.internalTrafficPolicy === 'Local' ? 'local' : 'cluster';
  const external = spec.externalTrafficPolicy === 'Local' ? 'local' : 'cluster';
  const balancerIps = balancerIpsOf(service, view.family);
  const externalIps = [...ofFamily(spec.externalIPs ?? [], view.family), ...balancerIps];
  const nodePort = port.nodePort || undefined;
  const isExternal = externalIps.length > 0 || nodePort !== undefined;

  addTargetChains(draft, parts, path, new Set([internal, ...(isExternal ? ['cluster', external] : [])]));
  const lead = (ip: string, verdict: string, used: readonly Target[]) => {
    draft.elements.set(`service-ips ${ip} . ${protocol} . ${port.port}`, verdict);
    if (protocol === 'udp') addDatagrams(draft, `${ip} ${port.port}`, used);
  };
  const internalVerdict = verdictOf(targets, targets[internal], `goto ${internal}/${path}`);
  for (const ip of clusterIps) lead(ip, internalVerdict, targets[internal]);
  if (!isExternal) return;

  const externalVerdict = verdictOf(targets, targets.cluster, `goto external/${path}`);
  if (targets.cluster.length > 0) draft.chains.set(`external/${path}`, externalChain(path, external, targets, view));
  // Traffic of the node's own Pods goes to any endpoint even when the policy is Local.
  for (const ip of externalIps) lead(ip, externalVerdict, targets.cluster);
  addFirewall(draft, parts, path, balancerIps);
  if (nodePort === undefined) return;
  draft.elements.set(`service-nodeports ${protocol} . ${nodePort}`, externalVerdict);
  if (protocol === 'udp') addDatagrams(draft, ` ${nodePort}`, targets.cluster);
}

/** Refused when nobody serves at all; in silence when others do, for a balancer to ask another node. */
function verdictOf(targets: Targets, used: readonly Target[], verdict: string): string {
  if (used.length > 0) return verdict;
  return targets.cluster.length > 0 ? 'drop' : 'goto refuse';
}

function addDatagrams(draft: Draft, entrance: string, used: readonly Target[]): void {
  draft.datagrams.set(entrance, new Set(used.map(({ address, port }) => `${address} ${port}`)));
}

/**
 * What comes from outside keeps its address only if it stays on this node: from another one the answer would not find
 * its way back through here. A Pod of another node that asks this one is outside too: the endpoint would answer it
 * straight, from an address that it did not ask.
 */
function externalChain(path: string, policy: keyof Targets, targets: Targets, { family, podCidr }: View): string[] {
  if (policy === 'cluster') return ['jump masquerade-later', `goto cluster/${path}`];
  return [
    ...(podCidr === undefined ? [] : [`${family} saddr ${podCidr} goto cluster/${path}`]),
    'fib saddr type local jump masquerade-later',
    `fib saddr type local goto cluster/${path}`,
    targets.local.length > 0 ? `goto local/${path}` : 'drop',
  ];
}

/** Only what is in the ranges gets as far as the external chain. */
function addFirewall(draft: Draft, { service, port, view }: PortParts, path: string, balancerIps: string[]): void {
  const ranges = (service.spec.loadBalancerSourceRanges ?? []).map(range => range.trim());
  const bits = bitsOf(view.family);
  if (ranges.length === 0 || !draft.chains.has(`external/${path}`)) return;
  const allowed = ranges.map(parseRange).flatMap(range => (range?.first.bits === bits ? [formatRange(range)] : []));
  // A node that holds the balancer's address itself asks it from that very address.
  if (view.nodeIps.some(ip => allowed.some(range => contains(range, ip)))) allowed.push(...balancerIps);
  draft.chains.set(`firewall/${path}`, [
    ...allowed.map(range => `${view.family} saddr ${range} goto external/${path}`),
    'drop',
  ]);
  const protocol = protocolOf(port);
  for (const ip of balancerIps) {
    draft.elements.set(`service-ips ${ip} . ${protocol} . ${port.port}`, `goto firewall/${path}`);
  }
}

function addTargetChains(
  draft: Draft,
  { service, port: servicePort, targets, view: { family } }: PortParts,
  path: string,
  needed: ReadonlySet<string>,
): void {
  const protocol = protocolOf(servicePort);
  const sticky = service.spec.sessionAffinity === 'ClientIP';
  const seconds = service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? affinitySecondsDefault;
  for (const kind of ['cluster', 'local'] as const) {
    const used = targets[kind];
    if (used.length === 0 || !needed.has(kind)) continue;
    if (!sticky) {
      const choices = used.map(({ address, port }, index) => `${index} : ${address} . ${port}`).join(', ');
      const choice = `numgen random mod ${used.length} map { ${choices} }`;
      draft.chains.set(`${kind}/${path}`, [`meta l4proto ${protocol} dnat ${family} to ${choice}`]);
      continue;
    }
    const names = used.map(target => addStickyTarget(draft, target, { path, protocol, family, seconds }));
    const choices = names.map(({ chain }, index) => `${index} : goto ${chain}`).join(', ');
    draft.chains.set(`${kind}/${path}`, [
      ...names.map(({ chain, clients }) => `${family} saddr @${clients} goto ${chain}`),
      `numgen random mod ${used.length} vmap { ${choices} }`,
    ]);
  }
}

/** An endpoint that remembers its clients. The set's name says its timeout, for a set keeps its first one. */
function addStickyTarget(
  draft: Draft,
  { address, port }: Target,
  of: { path: string; protocol: string; family: Family; seconds: number },
): { chain: string; clients: string } {
  const endpoint = `${of.path}/${address.replaceAll(':', '.')}/${port}`;
  const chain = `endpoint/${endpoint}`;
  const clients = `clients/${of.seconds}/${endpoint}`;
  const type = of.family === 'ip' ? 'ipv4_addr' : 'ipv6_addr';
  const destination = of.family === 'ip' ? `${address}:${port}` : `[${address}]:${port}`;
  draft.sets.set(clients, `type ${type}; flags dynamic,timeout; timeout ${of.seconds}s;`);
  draft.chains.set(chain, [
    `update @${clients} { ${of.family} saddr }`,
    `meta l4proto ${of.protocol} dnat to ${destination}`,
  ]);
  return { chain, clients };
}

function protocolOf({ protocol = 'TCP' }: ServicePort): string {
  return protocol.toLowerCase();
}

/** Not those of a balancer that wants to see the traffic itself. */
function balancerIpsOf({ status }: Stored<Service>, family: Family): string[] {
  const ingress = status?.loadBalancer?.ingress ?? [];
  return ofFamily(
    ingress.filter(({ ipMode }) => ipMode !== 'Proxy').map(({ ip }) => ip ?? ''),
    family,
  );
}

function contains(range: string, ip: string): boolean {
  const [parsed, address] = [parseRange(range), parseAddress(ip)];
  return parsed !== undefined && address !== undefined && rangeHas(parsed, address);
}
