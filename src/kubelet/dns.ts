/** What a Pod's /etc/resolv.conf, /etc/hosts and hostname say. Pure, but for reading the node's own resolv.conf. */

import { readFileSync } from 'node:fs';
import type { Pod } from '#api/core/pod.ts';
import type { DnsConfig } from '#kubelet/cri/runtime.ts';

export interface DnsSettings {
  clusterDns: readonly string[];
  clusterDomain: string;
  /** The node's own, for Pods that ask for it. */
  node: DnsConfig;
}

const nameserversMax = 3;
const searchesMax = 32;
const searchCharactersMax = 2048;
const hostnameCharactersMax = 63;
const fqdnCharactersMax = 64;

export function nodeDns(path = '/etc/resolv.conf'): DnsConfig {
  try {
    return parseResolvConf(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}

export function parseResolvConf(text: string): DnsConfig {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && words[0] !== undefined) servers.push(words[0]);
    // The last line of these counts.
    if (keyword === 'search') searches = words.map(word => (word === '.' ? word : word.replace(/\.$/, '')));
    if (keyword === 'options') options = words;
  }
  return { servers, searches, options };
}

/** The settings, and what had to be left out of them, in the words of the Event. */
export function podDns(pod: Pod, settings: DnsSettings): { dns: DnsConfig; warnings: string[] } {
  const base = policyDns(pod, settings);
  const { nameservers = [], searches = [], options = [] } = pod.spec?.dnsConfig ?? {};
  const own = options.map(({ name = '', value }) => (value === undefined ? name : `${name}:${value}`));
  return limited({
    servers: unique([...(base.servers ?? []), ...nameservers]),
    searches: unique([...(base.searches ?? []), ...searches]),
    options: mergeOptions(base.options ?? [], own),
  });
}

function policyDns(pod: Pod, { clusterDns, clusterDomain, node }: DnsSettings): DnsConfig {
  const { dnsPolicy = 'ClusterFirst', hostNetwork = false } = pod.spec ?? {};
  if (dnsPolicy === 'None') return {};
  const clusterFirst = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  if (!clusterFirst || clusterDns.length === 0) return node;
  const inner = [`${pod.metadata?.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  // The root, which resolvers of the node use for "nothing", says nothing here.
  const outer = (node.searches ?? []).filter(search => search !== '.');
  return { servers: clusterDns, searches: unique([...inner, ...outer]), options: ['ndots:5'] };
}

/** An option of the Pod replaces one of the same name. */
function mergeOptions(base: readonly string[], own: readonly string[]): string[] {
  const merged = new Map<string, string>();
  for (const option of [...base, ...own]) merged.set(option.split(':')[0] as string, option);
  return [...merged.values()];
}

function limited({ servers = [], searches = [], options = [] }: DnsConfig): { dns: DnsConfig; warnings: string[] } {
  const warnings: string[] = [];
  const usedServers = servers.slice(0, nameserversMax);
  if (usedServers.length < servers.length) {
    warnings.push(
      'Nameserver limits were exceeded, some nameservers have been omitted, ' +
        `the applied nameserver line is: ${usedServers.join(' ')}`,
    );
  }
  let usedSearches = searches.slice(0, searchesMax);
  while (usedSearches.join(' ').length > searchCharactersMax) usedSearches = usedSearches.slice(0, -1);
  if (usedSearches.length < searches.length) {
    warnings.push(
      'Search Line limits were exceeded, some search paths have been omitted, ' +
        `the applied search line is: ${usedSearches.join(' ')}`,
    );
  }
  return { dns: { servers: usedServers, searches: usedSearches, options }, warnings };
}

const unique = (items: readonly string[]): string[] => [...new Set(items)];

export interface PodNames {
  /** What `hostname` prints. */
  hostname: string;
  /** Its first label, as /etc/hosts has it. */
  short: string;
  /** Absent without a subdomain. */
  fqdn: string | undefined;
}

/** Throws with the words of the Event when the full name is too long to be the hostname. */
export function podNames(pod: Pod, clusterDomain: string): PodNames {
  const { hostname, subdomain, setHostnameAsFQDN, hostnameOverride } = pod.spec ?? {};
  if (hostnameOverride !== undefined) return { hostname: hostnameOverride, short: hostnameOverride, fqdn: undefined };
  // A name that is cut must not end in what a hostname may not end in.
  const short = hostname || (pod.metadata?.name ?? '').slice(0, hostnameCharactersMax).replace(/[-.]+$/, '');
  const fqdn = subdomain ? `${short}.${subdomain}.${pod.metadata?.namespace}.svc.${clusterDomain}` : undefined;
  if (!setHostnameAsFQDN || fqdn === undefined) return { hostname: short, short, fqdn };
  if (fqdn.length > fqdnCharactersMax) {
    throw new Error(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${fqdn} is too long ` +
        `(${fqdnCharactersMax} characters is the max, ${fqdn.length} characters requested)`,
    );
  }
  return { hostname: fqdn, short, fqdn };
}

/** The text of /etc/hosts. A Pod on the node's network gets the node's own with its aliases. */
export function hostsFile(pod: Pod, podIps: readonly string[], names: PodNames, nodeHosts: string): string {
  const aliases = pod.spec?.hostAliases ?? [];
  const lines: string[] = [];
  if (pod.spec?.hostNetwork)
    lines.push('# Kubernetes-managed hosts file (host network).', nodeHosts.replace(/\n$/, ''));
  else {
    lines.push(
      '# Kubernetes-managed hosts file.',
      '127.0.0.1\tlocalhost',
      '::1\tlocalhost ip6-localhost ip6-loopback',
      'fe00::0\tip6-localnet',
      'fe00::0\tip6-mcastprefix',
      'fe00::1\tip6-allnodes',
      'fe00::2\tip6-allrouters',
    );
    for (const ip of podIps)
      lines.push([ip, ...(names.fqdn === undefined ? [] : [names.fqdn]), names.short].join('\t'));
  }
  if (aliases.length > 0) {
    lines.push('', '# Entries added by HostAliases.');
    for (const { ip, hostnames = [] } of aliases) lines.push([ip, ...hostnames].join('\t'));
  }
  return `${lines.join('\n')}\n`;
}
