/**
 * What the cluster's names mean: the Kubernetes DNS specification 1.1, with the answers CoreDNS gives where it leaves
 * room. A pure function of the Services and EndpointSlices.
 *
 * ```text
 * web.default.svc.cluster.local             A      10.96.0.7, or the endpoints when the Service is headless
 * web-0.web.default.svc.cluster.local       A      the endpoint of that hostname
 * _http._tcp.web.default.svc.cluster.local  SRV    port and name of the Service, or of each endpoint
 * 10-244-1-2.default.pod.cluster.local      A      10.244.1.2
 * ext.default.svc.cluster.local             CNAME  the external name
 * 7.0.96.10.in-addr.arpa                    PTR    web.default.svc.cluster.local
 * ```
 */

import type { Service } from '#api/core/service.ts';
import type { Endpoint, EndpointSlice } from '#api/discovery/endpoint-slice.ts';
import type { Stored } from '#client/object.ts';
import type { DnsRecord, Name, Question, RecordData } from '#dns/message.ts';
import { rcodeOf, typeOf } from '#dns/message.ts';
import { formatAddress, parseAddress } from '#lib/ip.ts';

export interface ZoneData {
  /** `cluster.local` */
  readonly clusterDomain: Name;
  /** Of the DNS itself. */
  readonly serverAddresses: readonly string[];
  readonly serial: number;
  hasNamespace(name: string): boolean;
  service(namespace: string, name: string): Stored<Service> | undefined;
  slices(namespace: string, name: string): readonly EndpointSlice[];
  servicesAt(address: string): readonly Stored<Service>[];
  slicesAt(address: string): readonly EndpointSlice[];
}

export interface Answer {
  readonly rcode: number;
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
  /** An alias that leads out of the cluster: its addresses are for a resolver to find. */
  readonly leadsTo?: Name | undefined;
  /** Somebody else may know the name. */
  readonly mayForward?: boolean | undefined;
}

/** CoreDNS's. */
const ttl = 5;
/** An alias may lead to an alias. */
const aliasesMax = 8;
const version = '1.1.0';

/** What there is under a name. No records means that the name exists and has nothing of its own. */
type Found = readonly Host[];

interface Host {
  readonly data: RecordData;
  /** For SRV: the name that has the address. */
  readonly target?: Name;
  readonly port?: number | undefined;
}

/** Undefined when the name is not of this zone. */
export function answer(question: Question, data: ZoneData): Answer | undefined {
  const lower = question.name.map(label => label.toLowerCase());
  const reverse = reverseAddress(lower);
  if (reverse !== undefined) return answerReverse(question, reverse, data);
  const path = withoutSuffix(lower, data.clusterDomain);
  return path === undefined ? undefined : answerPath(question, path, data);
}

function answerPath(question: Question, path: Name, data: ZoneData): Answer {
  const found = lookUp(path, data);
  if (found === undefined) return negative(rcodeOf.noName, data);
  const alias = found.find(host => host.data.type === 'CNAME')?.data;
  if (alias?.type === 'CNAME') return followAlias(question, alias.target, data);
  const answers =
    question.type === typeOf.SRV
      ? serviceRecords(question.name, found)
      : found
          .filter(host => typeOf[host.data.type] === question.type)
          .map(host => ({ name: question.name, ttl, ...host.data }));
  if (answers.length === 0) return negative(rcodeOf.ok, data);
  const additional =
    question.type === typeOf.SRV || question.type === typeOf.NS ? addressesOfTargets(answers, found, data) : [];
  return { rcode: rcodeOf.ok, answers: unique(answers), authority: [], additional };
}

function followAlias(question: Question, first: Name, data: ZoneData): Answer {
  const answers: DnsRecord[] = [{ name: question.name, ttl, type: 'CNAME', target: first }];
  const wantsAddress = question.type === typeOf.A || question.type === typeOf.AAAA;
  let target = first;
  for (let step = 0; wantsAddress && step < aliasesMax; step++) {
    const path = withoutSuffix(lowerCase(target), data.clusterDomain);
    if (path === undefined) return { rcode: rcodeOf.ok, answers, authority: [], additional: [], leadsTo: target };
    const found = lookUp(path, data) ?? [];
    const name = target;
    const next = found.find(host => host.data.type === 'CNAME')?.data;
    if (next?.type !== 'CNAME') {
      const hosts = found.filter(host => typeOf[host.data.type] === question.type);
      answers.push(...unique(hosts.map(host => ({ name, ttl, ...host.data }))));
      break;
    }
    answers.push({ name, ttl, type: 'CNAME', target: next.target });
    target = next.target;
  }
  return { rcode: rcodeOf.ok, answers, authority: [], additional: [] };
}

// Names

/** Undefined when there is no such name. The path is what stands before the cluster domain, in lower case. */
function lookUp(path: Name, data: ZoneData): Found | undefined {
  const [kind, namespace, name, ...rest] = [...path].reverse();
  if (kind === undefined) return apex(data);
  if (kind === 'dns' || kind === 'dns-version') return lookUpServer(path, data);
  if (kind !== 'svc' && kind !== 'pod') return undefined;
  if (namespace === undefined) return [];
  if (!data.hasNamespace(namespace)) return undefined;
  if (name === undefined) return [];
  return kind === 'svc' ? lookUpService(namespace, name, rest, data) : rest.length > 0 ? undefined : lookUpPod(name);
}

function apex(data: ZoneData): Found {
  return [{ data: { type: 'NS', target: serverName(data) } }, { data: soaData(data) }];
}

function lookUpServer(path: Name, data: ZoneData): Found | undefined {
  const text = path.join('.');
  if (text === 'dns') return [];
  if (text === 'dns-version') return [{ data: { type: 'TXT', text: version } }];
  return text === 'ns.dns' ? data.serverAddresses.map(address => ({ data: addressData(address) })) : undefined;
}

/** Whether the Pod exists is not asked, as in CoreDNS's mode `insecure`, which clusters are set up with. */
function lookUpPod(name: string): Found | undefined {
  const text = /^\d+-\d+-\d+-\d+$/.test(name) ? name.replaceAll('-', '.') : name.replaceAll('-', ':');
  const address = parseAddress(text);
  return address === undefined ? undefined : [{ data: addressData(text) }];
}

/** `rest` is what stands before the name of the Service, last first: nothing, an endpoint, or protocol and port. */
function lookUpService(namespace: string, name: string, rest: Name, data: ZoneData): Found | undefined {
  const service = data.service(namespace, name);
  if (service === undefined || rest.length > 2) return undefined;
  const { spec } = service;
  if (spec.type === 'ExternalName') return rest.length > 0 ? undefined : external(spec.externalName ?? '');
  const [protocol, port] = rest.length === 2 ? rest.map(label => label.replace(/^_/, '')) : [];
  const endpoint = rest.length === 1 ? rest[0] : undefined;
  const wanted = (has: { name?: string | undefined; protocol?: string | undefined }) =>
    (port === undefined || (has.name ?? '').toLowerCase() === port) &&
    (protocol === undefined || (has.protocol ?? 'TCP').toLowerCase() === protocol);
  const serviceName = [name, namespace, 'svc', ...data.clusterDomain];
  const found =
    isHeadless(service) || endpoint !== undefined
      ? endpointHosts(data.slices(namespace, name), { serviceName, endpoint, wanted, anyPort: rest.length < 2 })
      : (spec.ports ?? []).filter(wanted).flatMap(each =>
          (spec.clusterIPs ?? [spec.clusterIP ?? '']).map(address => ({
            data: addressData(address),
            target: serviceName,
            port: each.port,
          })),
        );
  return found.length === 0 ? undefined : found;
}

function external(target: string): Found {
  if (parseAddress(target) !== undefined) return [];
  return [{ data: { type: 'CNAME', target: target.replace(/\.$/, '').split('.') } }];
}

interface EndpointWish {
  readonly serviceName: Name;
  readonly endpoint: string | undefined;
  readonly wanted: (port: { name?: string | undefined; protocol?: string | undefined }) => boolean;
  /** No port was asked for, so an endpoint without one will do. */
  readonly anyPort: boolean;
}

function endpointHosts(slices: readonly EndpointSlice[], wish: EndpointWish): Host[] {
  return slices.flatMap(slice => {
    const ports = (slice.ports ?? []).filter(wish.wanted).map(({ port }) => port);
    if (ports.length === 0 && wish.anyPort) ports.push(undefined);
    return readyEndpoints(slice).flatMap(endpoint => {
      const label = endpointLabel(endpoint);
      if (wish.endpoint !== undefined && label !== wish.endpoint) return [];
      const target = [label, ...wish.serviceName];
      return ports.flatMap(port => endpoint.addresses.map(address => ({ data: addressData(address), target, port })));
    });
  });
}

/** Those that are published although they are not ready are marked ready by who makes the slice. */
function readyEndpoints(slice: EndpointSlice): Endpoint[] {
  if (slice.addressType === 'FQDN') return [];
  return (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
}

function endpointLabel({ hostname, addresses }: Endpoint): string {
  return hostname?.toLowerCase() || (addresses[0] ?? '').replaceAll(/[.:]/g, '-');
}

function isHeadless({ spec }: Stored<Service>): boolean {
  return spec.clusterIP === 'None';
}

// Addresses

function answerReverse(question: Question, address: string, data: ZoneData): Answer {
  const targets: Name[] = data
    .servicesAt(address)
    .map(({ metadata }) => [metadata.name, metadata.namespace ?? '', 'svc', ...data.clusterDomain]);
  if (targets.length === 0) {
    for (const slice of data.slicesAt(address)) {
      const name = slice.metadata?.labels?.['kubernetes.io/service-name'];
      const endpoint = readyEndpoints(slice).find(({ addresses }) => addresses.includes(address));
      if (name === undefined || endpoint === undefined) continue;
      targets.push([endpointLabel(endpoint), name, slice.metadata?.namespace ?? '', 'svc', ...data.clusterDomain]);
    }
  }
  if (targets.length === 0) return { ...negative(rcodeOf.noName, data), mayForward: true };
  if (question.type !== typeOf.PTR) return negative(rcodeOf.ok, data);
  const answers = targets.map((target): DnsRecord => ({ name: question.name, ttl, type: 'PTR', target }));
  return { rcode: rcodeOf.ok, answers: unique(answers), authority: [], additional: [] };
}

/** `10.96.0.7` of `7.0.96.10.in-addr.arpa`. */
function reverseAddress(lower: Name): string | undefined {
  const [four, six] = [withoutSuffix(lower, ['in-addr', 'arpa']), withoutSuffix(lower, ['ip6', 'arpa'])];
  if (four?.length === 4) return canonical([...four].reverse().join('.'));
  if (six?.length !== 32 || six.some(nibble => !/^[0-9a-f]$/.test(nibble))) return undefined;
  const hex = [...six].reverse().join('');
  return canonical(hex.replaceAll(/(.{4})(?!$)/g, '$1:'));
}

function canonical(text: string): string | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
}

function addressData(text: string): RecordData {
  return { type: text.includes(':') ? 'AAAA' : 'A', address: text };
}

// Records

function serviceRecords(name: Name, found: Found): DnsRecord[] {
  const hosts = new Map<string, { target: Name; port: number }>();
  for (const { target, port } of found) {
    if (target !== undefined && port !== undefined) hosts.set(`${target.join('.')} ${port}`, { target, port });
  }
  const weight = Math.floor(100 / Math.max(hosts.size, 1));
  return [...hosts.values()].map(({ target, port }) => ({ name, ttl, type: 'SRV', weight, port, target }));
}

function addressesOfTargets(answers: readonly DnsRecord[], found: Found, data: ZoneData): DnsRecord[] {
  if (answers.some(({ type }) => type === 'NS')) {
    return data.serverAddresses.map(address => ({ name: serverName(data), ttl, ...addressData(address) }));
  }
  const hosts = found.filter(({ target, port }) => target !== undefined && port !== undefined);
  return unique(hosts.map(host => ({ name: host.target!, ttl, ...host.data })));
}

function negative(rcode: number, data: ZoneData): Answer {
  const soa: DnsRecord = { name: data.clusterDomain, ttl, ...soaData(data) };
  return { rcode, answers: [], authority: [soa], additional: [] };
}

function soaData(data: ZoneData): RecordData {
  return { type: 'SOA', server: serverName(data), mailbox: ['hostmaster', ...data.clusterDomain], serial: data.serial };
}

function serverName({ clusterDomain }: ZoneData): Name {
  return ['ns', 'dns', ...clusterDomain];
}

function unique(records: readonly DnsRecord[]): DnsRecord[] {
  return [...new Map(records.map(record => [JSON.stringify(record), record])).values()];
}

function lowerCase(name: Name): Name {
  return name.map(label => label.toLowerCase());
}

/** The labels before the suffix; undefined when the name does not end so. */
export function withoutSuffix(name: Name, suffix: Name): Name | undefined {
  const length = name.length - suffix.length;
  return length >= 0 && suffix.every((label, index) => name[length + index] === label)
    ? name.slice(0, length)
    : undefined;
}
