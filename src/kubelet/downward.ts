/** What a Pod can be told about itself: in variables, and in files. Pure. */

import type { Container } from '#api/core/container.ts';
import type { ResourceFieldSelector } from '#api/core/env.ts';
import type { Pod } from '#api/core/pod.ts';
import { allContainersOf } from '#kubelet/containers-of.ts';
import type { Amounts } from '#kubelet/resources.ts';
import { parseQuantity } from '#machinery/quantity.ts';

export interface Downward {
  podIps: readonly string[];
  hostIps: readonly string[];
  /** What the node has for Pods: the limit of what has none. */
  allocatable: Amounts;
}

/** A field by its path, `metadata.labels['app']`. Undefined for one that there is not. */
export function podField(pod: Pod, path: string, downward: Downward): string | undefined {
  const subscript = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/.exec(path);
  if (subscript !== null) {
    const map = subscript[1] === 'metadata.labels' ? pod.metadata?.labels : pod.metadata?.annotations;
    return map?.[subscript[2] as string] ?? '';
  }
  switch (path) {
    case 'metadata.name':
      return pod.metadata?.name;
    case 'metadata.namespace':
      return pod.metadata?.namespace;
    case 'metadata.uid':
      return pod.metadata?.uid;
    case 'metadata.labels':
      return formatMap(pod.metadata?.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata?.annotations);
    case 'spec.nodeName':
      return pod.spec?.nodeName;
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName;
    case 'status.hostIP':
      return downward.hostIps[0] ?? '';
    case 'status.hostIPs':
      return downward.hostIps.join(',');
    case 'status.podIP':
      return downward.podIps[0] ?? '';
    case 'status.podIPs':
      return downward.podIps.join(',');
    default:
      return undefined;
  }
}

/** One `key="value"` a line, sorted. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.keys(map ?? {})
    .sort()
    .map(key => `${key}=${JSON.stringify(map?.[key])}`)
    .join('\n');
}

/** `limits.memory` in units of the divisor, rounded up. */
export function resourceField(
  pod: Pod,
  container: Container | undefined,
  { containerName, resource, divisor }: ResourceFieldSelector,
  { allocatable }: Downward,
): string {
  const of = containerName
    ? allContainersOf(pod).find(other => other.container.name === containerName)?.container
    : container;
  const dot = resource.indexOf('.');
  const kind = resource.slice(0, dot) as 'limits' | 'requests';
  const name = resource.slice(dot + 1);
  const limit = of?.resources?.limits?.[name] ?? (kind === 'limits' ? allocatable[name] : undefined);
  const amount = parseQuantity((kind === 'limits' ? limit : of?.resources?.requests?.[name]) ?? '0');
  const by = parseQuantity(divisor === undefined || divisor === '' || divisor === '0' ? '1' : divisor);
  if (name === 'cpu') return String(Math.ceil(amount.milli / by.milli));
  return String(Math.ceil(amount.units / by.units));
}
