/**
 * The Service `kubernetes`, by which Pods reach this very server: its address is the first of the range of Services, and its
 * endpoint is where the server listens inside the cluster. All of it is made anew when somebody deletes it.
 */

import { type Endpoints, endpoints } from '#api/core/endpoints.ts';
import { type Service, services } from '#api/core/service.ts';
import { type EndpointSlice, endpointSlices } from '#api/discovery/endpoint-slice.ts';
import { type IPAddress, ipAddresses } from '#api/networking/ip-address.ts';
import { type ServiceCIDR, serviceCIDRs } from '#api/networking/service-cidr.ts';
import type { ObjectWriter, StatusWriter } from '#apiserver/authz/bootstrap/reconcile.ts';
import type { Objects } from '#apiserver/objects.ts';
import { type Clock, rfc3339 } from '#lib/clock.ts';
import { ApiError } from '#machinery/api-error.ts';
import type { Resource } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';

const namespace = 'default';
const name = 'kubernetes';
const servicePort = 443;
/** How often a lost race is run again. */
const attemptsMax = 3;

export interface KubernetesServiceOptions {
  readonly writer: ObjectWriter & StatusWriter;
  readonly services: Objects<Service>;
  readonly addresses: Objects<IPAddress>;
  readonly clock: Clock;
  /** The addresses of Services, and the one of this. */
  readonly serviceRange: string;
  readonly serviceIp: string;
  /** The port that the server listens on. */
  readonly port: number;
  /** Where Pods reach it; undefined where there is no way from Pods to here: then the Service has no endpoints. */
  readonly endpoint?: { readonly host: string; readonly port: number } | undefined;
  readonly onError: (error: unknown) => void;
}

export async function startKubernetesService(options: KubernetesServiceOptions): Promise<void> {
  const { services: all, addresses, serviceIp } = options;
  await publishRange(options);
  const restore = () => {
    const missing = all.get(namespace, name) === undefined;
    // A deleted Service gives its address back a moment later: that is told here too.
    if (missing && addresses.get('', serviceIp) === undefined) publish(options).catch(options.onError);
  };
  all.onChange(({ before, after }) => {
    if (after === undefined && before?.metadata?.namespace === namespace && before.metadata.name === name) restore();
  });
  addresses.onChange(({ before, after }) => {
    if (after === undefined && before?.metadata?.name === serviceIp) restore();
  });
  try {
    await publish(options);
  } catch (error) {
    if (!(error instanceof ApiError && error.reason === 'Invalid')) throw error;
    await dropOrphan(options, error);
  }
}

/**
 * A server that died between taking the address and making the Service leaves the address taken for good. Giving it back
 * is told to the loop above, which goes on from there.
 */
async function dropOrphan({ writer, services: all, addresses, serviceIp }: KubernetesServiceOptions, cause: ApiError) {
  const owner = (await addresses.latest('', serviceIp))?.spec?.parentRef;
  const isOurs = owner?.namespace === namespace && owner.name === name;
  if (!isOurs) throw cause;
  if ((await all.latest(namespace, name)) === undefined) await writer.delete(ipAddresses, '', serviceIp);
}

async function publish(options: KubernetesServiceOptions): Promise<void> {
  const { writer, endpoint } = options;
  await ensure(writer, services, wantedService(options), object => object.spec?.ports);
  if (endpoint === undefined) return;
  await Promise.all([
    ensure(writer, endpoints, wantedEndpoints(endpoint), object => object.subsets),
    ensure(writer, endpointSlices, wantedSlice(endpoint), object => [object.endpoints, object.ports]),
  ]);
}

/** Makes the object, or sets right the part of it that is ours. */
async function ensure<T extends AnyJson>(
  writer: ObjectWriter,
  resource: Resource,
  wanted: T,
  part: (object: T) => unknown,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const found = await writer.get(resource, namespace, name);
    if (found !== undefined && JSON.stringify(part(found)) === JSON.stringify(part(wanted))) return;
    try {
      if (found === undefined) await writer.create(resource, wanted);
      else await writer.update(resource, corrected(found, wanted));
      return;
    } catch (error) {
      const lostRace = error instanceof ApiError && (error.reason === 'AlreadyExists' || error.reason === 'Conflict');
      if (!lostRace || attempt === attemptsMax) throw error;
    }
  }
}

/** What others wrote into metadata and into the rest of the spec stays. */
function corrected(found: AnyJson, wanted: AnyJson): AnyJson {
  const metadata = { ...found.metadata, labels: { ...found.metadata.labels, ...wanted.metadata.labels } };
  const spec = wanted.spec === undefined ? {} : { spec: { ...found.spec, ports: wanted.spec.ports } };
  return { ...found, ...wanted, metadata, ...spec };
}

function wantedService({ serviceIp, port, endpoint }: KubernetesServiceOptions): Service {
  return {
    metadata: { namespace, name, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      ports: [{ name: 'https', protocol: 'TCP', port: servicePort, targetPort: endpoint?.port ?? port }],
      clusterIP: serviceIp,
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ipFamilyPolicy: 'SingleStack',
    },
  };
}

function family(address: string): 'IPv4' | 'IPv6' {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

type Endpoint = NonNullable<KubernetesServiceOptions['endpoint']>;

function wantedEndpoints({ host, port }: Endpoint): Endpoints {
  return {
    metadata: { namespace, name, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: host }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  };
}

function wantedSlice({ host, port }: Endpoint): EndpointSlice {
  return {
    metadata: { namespace, name, labels: { 'kubernetes.io/service-name': name } },
    addressType: family(host),
    endpoints: [{ addresses: [host], conditions: { ready: true } }],
    ports: [{ name: 'https', protocol: 'TCP', port }],
  };
}

/** The range of Services as an object, ready from the start. */
async function publishRange({ writer, serviceRange, clock }: KubernetesServiceOptions): Promise<void> {
  try {
    if ((await writer.get(serviceCIDRs, '', name)) === undefined) {
      await writer.create(serviceCIDRs, { metadata: { name }, spec: { cidrs: [serviceRange] } });
    }
    const found: ServiceCIDR | undefined = await writer.get(serviceCIDRs, '', name);
    if (found === undefined || found.status?.conditions?.some(each => each.type === 'Ready')) return;
    const ready = {
      type: 'Ready',
      status: 'True',
      lastTransitionTime: rfc3339(clock.nowMs()),
      reason: '',
      message: 'Kubernetes default Service CIDR is ready',
    };
    await writer.updateStatus(serviceCIDRs, { ...found, status: { conditions: [ready] } });
  } catch (error) {
    // Another server that started at the same time was faster: what it wrote is the same.
    if (!(error instanceof ApiError && (error.reason === 'AlreadyExists' || error.reason === 'Conflict'))) throw error;
  }
}
