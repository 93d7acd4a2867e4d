/**
 * A flow of datagrams never ends, so the kernel would send it to an endpoint that is gone for as long as the client
 * keeps talking. TCP ends by itself, and what is under way on an endpoint that terminates should end in peace.
 */

import type { Rules } from '#proxy/rules.ts';

/** The arguments of `conntrack` for each kind of flow that must not go on. */
export function staleFlows(old: Rules | undefined, next: Rules | undefined, nodeIps: readonly string[]): string[][] {
  const deletions: string[][] = [];
  for (const [entrance, before] of old?.datagrams ?? []) {
    const after = next?.datagrams.get(entrance);
    for (const target of before) if (!after?.has(target)) deletions.push(flowsTo(entrance, target));
  }
  for (const [entrance, after] of next?.datagrams ?? []) {
    // Flows from before there was an endpoint go to the address itself, where nobody answers.
    if (after.size > 0 && !old?.datagrams.get(entrance)?.size) {
      const [address = '', port = ''] = entrance.split(' ');
      for (const ip of address === '' ? nodeIps : [address]) deletions.push(flowsTo(entrance, `${ip} ${port}`));
    }
  }
  return deletions;
}

function flowsTo(entrance: string, target: string): string[] {
  const [address = '', port = ''] = entrance.split(' ');
  const [targetAddress = '', targetPort = ''] = target.split(' ');
  return [
    ...['--delete', '--proto', 'udp', '--orig-port-dst', port],
    ...(address === '' ? [] : ['--orig-dst', address]),
    ...['--reply-src', targetAddress, '--reply-port-src', targetPort],
  ];
}
