/** The zone's data as the informers have it: looked up by index, so a cluster's size costs nothing. */

import { type Namespace, namespaces } from '#api/core/namespace.ts';
import { type Service, services } from '#api/core/service.ts';
import { type EndpointSlice, endpointSlices } from '#api/discovery/endpoint-slice.ts';
import type { Index, Informer } from '#client/informer.ts';
import { keyFor } from '#client/object.ts';
import type { Name } from '#dns/message.ts';
import type { ZoneData } from '#dns/zone.ts';
import type { Clock } from '#lib/clock.ts';
import { formatAddress, parseAddress } from '#lib/ip.ts';

/** What the DNS needs of a copy of a collection; an `Informer` is one. */
export type Copy<T> = Pick<Informer<T>, 'synced' | 'on' | 'byKey' | 'by'>;

/** `Informers` is one: the copies are shared with whoever else on the node reads them. */
export interface Copies {
  of(resource: typeof services): Copy<Service>;
  of(resource: typeof endpointSlices): Copy<EndpointSlice>;
  of(resource: typeof namespaces, selection: { metadataOnly: true }): Copy<Namespace>;
}

const serviceByAddress: Index<Service> = {
  name: 'address',
  valuesOf: ({ spec }) => (spec.clusterIPs ?? [spec.clusterIP ?? '']).flatMap(addressKey),
};

const sliceByAddress: Index<EndpointSlice> = {
  name: 'address',
  valuesOf: ({ endpoints, addressType }) =>
    addressType === 'FQDN' ? [] : (endpoints ?? []).flatMap(({ addresses }) => addresses.flatMap(addressKey)),
};

const sliceByService: Index<EndpointSlice> = {
  name: 'service',
  valuesOf: ({ metadata }) => {
    const name = metadata?.labels?.['kubernetes.io/service-name'];
    return name ? [keyFor(metadata?.namespace, name)] : [];
  },
};

function addressKey(text: string): string[] {
  const address = parseAddress(text);
  return address === undefined ? [] : [formatAddress(address)];
}

export interface ClusterDataOptions {
  readonly informers: Copies;
  readonly clock: Clock;
  readonly clusterDomain: Name;
  readonly serverAddresses: readonly string[];
}

export interface ClusterData extends ZoneData {
  readonly synced: Promise<void>;
  stop(): void;
}

export function clusterData({ informers, clock, clusterDomain, serverAddresses }: ClusterDataOptions): ClusterData {
  const ofServices = informers.of(services);
  const ofSlices = informers.of(endpointSlices);
  const ofNamespaces = informers.of(namespaces, { metadataOnly: true });
  let serial = 0;
  const touch = () => {
    serial = Math.floor(clock.nowMs() / 1000);
  };
  touch();
  const changes = { add: touch, update: touch, delete: touch };
  const unsubscribe = [ofServices.on(changes), ofSlices.on(changes)];
  return {
    clusterDomain,
    serverAddresses,
    get serial() {
      return serial;
    },
    hasNamespace: name => ofNamespaces.byKey(name) !== undefined,
    service: (namespace, name) => ofServices.byKey(keyFor(namespace, name)),
    slices: (namespace, name) => ofSlices.by(sliceByService, keyFor(namespace, name)),
    servicesAt: address => ofServices.by(serviceByAddress, address),
    slicesAt: address => ofSlices.by(sliceByAddress, address),
    synced: Promise.all([ofServices.synced, ofSlices.synced, ofNamespaces.synced]).then(() => undefined),
    stop() {
      for (const each of unsubscribe) each();
    },
  };
}
