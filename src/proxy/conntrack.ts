/**
 * A flow of datagrams never ends, so the kernel would send it to an endpoint that is gone for as long as the client
 * keeps talking. TCP ends by itself, and what is under way on an endpoint that terminates should end in peace.
 */

import { RunError } from '#lib/process.ts';
import type { Family } from '#proxy/family.ts';
import type { Run } from '#proxy/nftables.ts';
import type { Rules } from '#proxy/rules.ts';

/** Flows that came in at a port, of an address or of any, and were sent to an endpoint. */
export interface FlowKind {
  /** '' for any: a nodePort. */
  readonly address: string;
  readonly port: string;
  readonly targetAddress: string;
  readonly targetPort: string;
}

/** The kinds of flows that must not go on. */
export function staleFlows(old: Rules | undefined, next: Rules | undefined, nodeIps: readonly string[]): FlowKind[] {
  const deletions: FlowKind[] = [];
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

function flowsTo(entrance: string, target: string): FlowKind {
  const [address = '', port = ''] = entrance.split(' ');
  const [targetAddress = '', targetPort = ''] = target.split(' ');
  return { address, port, targetAddress, targetPort };
}

/**
 * Ends all flows of these kinds. Most kinds have none, and each deletion is a program that walks through the kernel's whole
 * table; so it is read once, and only for what is there is one started.
 *
 * False when the machine has no `conntrack`: flows then end when their client is silent for a while.
 */
export async function deleteFlows(run: Run, family: Family, kinds: readonly FlowKind[]): Promise<boolean> {
  const conntrack = ['conntrack', '--family', family === 'ip' ? 'ipv4' : 'ipv6'];
  try {
    const flows = parseFlows(await run([...conntrack, '--dump', '--proto', 'udp']));
    for (const kind of new Set(kindsOf(flows, kinds))) await run([...conntrack, ...deletionOf(kind)]).catch(unlessGone);
    return true;
  } catch (error) {
    if (error instanceof RunError && error.exitCode === undefined) return false;
    throw error;
  }
}

/** It exits with 1 when there was no such flow any more. */
function unlessGone(error: unknown): void {
  if (!(error instanceof RunError) || error.exitCode !== 1) throw error;
}

function deletionOf({ address, port, targetAddress, targetPort }: FlowKind): string[] {
  return [
    ...['--delete', '--proto', 'udp', '--orig-port-dst', port],
    ...(address === '' ? [] : ['--orig-dst', address]),
    ...['--reply-src', targetAddress, '--reply-port-src', targetPort],
  ];
}

/** Those of the kinds that there are flows of. */
function* kindsOf(flows: readonly FlowKind[], kinds: readonly FlowKind[]): Generator<FlowKind> {
  const textOf = ({ address, port, targetAddress, targetPort }: FlowKind) =>
    [address, port, targetAddress, targetPort].join(' ');
  const byText = new Map(kinds.map(kind => [textOf(kind), kind]));
  for (const flow of flows) {
    for (const address of [flow.address, '']) {
      const kind = byText.get(textOf({ ...flow, address }));
      if (kind !== undefined) yield kind;
    }
  }
}

/** `udp 17 29 src=10.244.1.4 dst=10.96.0.10 sport=5555 dport=53 [UNREPLIED] src=10.244.1.2 dst=10.244.1.4 sport=53 …` */
export function parseFlows(dump: string): FlowKind[] {
  return dump.split('\n').flatMap(line => {
    const values = (name: string) =>
      [...line.matchAll(new RegExp(` ${name}=(\\S+)`, 'g'))].map(([, value = '']) => value);
    const [address] = values('dst');
    const [port] = values('dport');
    const [, targetAddress] = values('src');
    const [, targetPort] = values('sport');
    if (address === undefined || port === undefined || targetAddress === undefined || targetPort === undefined)
      return [];
    return [{ address, port, targetAddress, targetPort }];
  });
}
