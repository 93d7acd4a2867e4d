/** The part of the table that is the same whatever Services there are. */

import type { Family } from '#proxy/family.ts';
import { ofFamily } from '#proxy/family.ts';
import type { View } from '#proxy/rules.ts';

export const tableName = 'services';

/** Upstream's bit: a packet that is to leave with this node's own address. */
const masqueradeMark = '0x4000';

export interface Chain {
  readonly hook?: string;
  readonly rules: readonly string[];
}

export function baseSets(family: Family): ReadonlyMap<string, string> {
  const address = family === 'ip' ? 'ipv4_addr' : 'ipv6_addr';
  return new Map([
    ['set cluster-ips', `type ${address};`],
    ['set hairpin', `type ${address} . ${address};`],
    ['map service-ips', `type ${address} . inet_proto . inet_service : verdict;`],
    ['map service-nodeports', 'type inet_proto . inet_service : verdict;'],
  ]);
}

/**
 * All in hooks of NAT, which see the first packet of a connection only: what is under way goes on.
 *
 * An address of the Service range that no Service has yet is met with silence, not a refusal: a Service that was made
 * a moment ago may be on its way here, and the client's next try will find it.
 */
export function baseChains(view: View, serviceCidrs: readonly string[]): ReadonlyMap<string, Chain> {
  const { family, clusterCidr, nodeIps } = view;
  const services = [
    ...(clusterCidr === undefined
      ? []
      : [`${family} daddr @cluster-ips ${family} saddr != ${clusterCidr} jump masquerade-later`]),
    `${family} daddr . meta l4proto . th dport vmap @service-ips`,
    ...(nodeIps.length === 0
      ? []
      : [`${family} daddr { ${nodeIps.join(', ')} } meta l4proto . th dport vmap @service-nodeports`]),
    `${family} daddr @cluster-ips goto refuse`,
    ...serviceCidrs
      .filter(cidr => ofFamily([cidr.split('/')[0]!], family).length > 0)
      .map(cidr => `${family} daddr ${cidr} ${localExcept(view)}drop`),
  ];
  return new Map<string, Chain>([
    ['masquerade-later', { rules: [`meta mark set meta mark or ${masqueradeMark}`] }],
    ['refuse', { rules: ['reject'] }],
    ['services', { rules: services }],
    ['prerouting', { hook: 'type nat hook prerouting priority -100;', rules: ['jump services'] }],
    ['output', { hook: 'type nat hook output priority -100;', rules: ['jump services'] }],
    [
      'postrouting',
      {
        hook: 'type nat hook postrouting priority 100;',
        rules: [
          `meta mark & ${masqueradeMark} != 0 meta mark set meta mark xor ${masqueradeMark} masquerade fully-random`,
          // A Pod that is sent to itself would drop what seems to come from itself.
          `ct status dnat ${family} saddr . ${family} daddr @hairpin masquerade fully-random`,
        ],
      },
    ],
  ]);
}

function localExcept({ family, localIps }: View): string {
  const ips = ofFamily([...localIps], family);
  return ips.length === 0 ? '' : `${family} daddr != { ${ips.join(', ')} } `;
}
