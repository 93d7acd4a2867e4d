/** Which Pods stand behind a Service, and how they are reached. Pure. */

import type { Pod } from '#api/core/pod.ts';
import { isPodReady, isPodTerminal } from '#api/core/pod-state.ts';
import type { Service, ServicePort } from '#api/core/service.ts';
import type { Stored } from '#client/object.ts';

export const headlessLabel = 'service.kubernetes.io/headless';

/** It has an address and has not ended; one that is ending counts only where that is asked for. */
export function isBehind(pod: Pod, includeTerminating: boolean): boolean {
  if (isPodTerminal(pod) || addressesOf(pod).length === 0) return false;
  return includeTerminating || !pod.metadata?.deletionTimestamp;
}

export function addressesOf(pod: Pod): string[] {
  const { podIP, podIPs = [] } = pod.status ?? {};
  const all = podIPs.map(each => each.ip ?? '').filter(ip => ip !== '');
  return all.length > 0 || !podIP ? all : [podIP];
}

export const isIPv6 = (address: string) => address.includes(':');

export const isHeadless = (service: Service) => !service.spec?.clusterIP || service.spec.clusterIP === 'None';

/** The number of a target port on this Pod; undefined when none of its containers has a port of that name. */
export function targetPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target;
  const restartable = (pod.spec?.initContainers ?? []).filter(container => container.restartPolicy === 'Always');
  for (const container of [...(pod.spec?.containers ?? []), ...restartable]) {
    const found = container.ports?.find(
      each => each.name === target && (each.protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    );
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}

/** The Pod's own name under the Service, `h1.web.default.svc`. */
export function hostnameUnder(pod: Pod, service: Service): string | undefined {
  const { hostname, subdomain } = pod.spec ?? {};
  return hostname && subdomain === service.metadata?.name ? hostname : undefined;
}

/** Whether a change of the Pod may change what stands behind a Service. */
export function endpointChanged(old: Stored<Pod>, pod: Stored<Pod>): boolean {
  return (
    isPodReady(old) !== isPodReady(pod) ||
    isPodTerminal(old) !== isPodTerminal(pod) ||
    Boolean(old.metadata.deletionTimestamp) !== Boolean(pod.metadata.deletionTimestamp) ||
    old.spec.nodeName !== pod.spec.nodeName ||
    old.spec.hostname !== pod.spec.hostname ||
    addressesOf(old).join() !== addressesOf(pod).join()
  );
}

export function labelsChanged(old: Stored<Pod>, pod: Stored<Pod>): boolean {
  const [before = {}, after = {}] = [old.metadata.labels, pod.metadata.labels];
  const names = Object.keys(before);
  return names.length !== Object.keys(after).length || names.some(name => before[name] !== after[name]);
}
