/**
 * What a Service is given when it is written: cluster addresses, node ports, the port of its health check. Runs before the
 * rules look at the object, for they want to see what was given (upstream: BeginCreate and BeginUpdate of the Service).
 */

import { isHeadless, type Service, type ServiceSpec } from '#api/core/service.ts';
import { Claims } from '#apiserver/allocation/claims.ts';
import { AllocationError, type ClusterIPs, type Owner } from '#apiserver/allocation/cluster-ips.ts';
import { type NodePorts, type PortOperation, portsFull } from '#apiserver/allocation/node-ports.ts';
import { agreeOnClusterIPs, keepAllocated, settleFamilies } from '#apiserver/allocation/service-fields.ts';
import { needsClusterIP, needsHealthCheckPort, needsNodePort } from '#apiserver/resources/core/service-needs.ts';
import { internalError, invalidError } from '#machinery/api-error.ts';
import { type FieldErrors, forbidden, invalid } from '#machinery/validation/field-error.ts';

export interface ServiceAllocator {
  /** Claims what the Service needs and has not, and writes it into the object. Throws an ApiError. */
  allocate(service: Service, old: Service | undefined, dryRun: boolean): Promise<Claims>;
  /** The Service is gone. */
  free(service: Service): Promise<void>;
}

export interface ServiceAllocatorDeps {
  readonly addresses: ClusterIPs;
  readonly ports: NodePorts;
}

interface Write {
  readonly service: Service;
  readonly spec: ServiceSpec;
  readonly old: ServiceSpec | undefined;
  readonly owner: Owner;
  readonly dryRun: boolean;
  readonly claims: Claims;
}

export function serviceAllocator({ addresses, ports }: ServiceAllocatorDeps): ServiceAllocator {
  return {
    async allocate(service, old, dryRun) {
      const spec = (service.spec ??= {});
      if (old?.spec) keepAllocated(spec, old.spec);
      agreeOnClusterIPs(spec, old?.spec);
      refuse(service, settleFamilies(service, old));
      const claims = new Claims();
      const write = { service, spec, old: old?.spec, owner: ownerOf(service), dryRun, claims };
      try {
        await settleAddresses(write, addresses);
        const operation = ports.operation(`${write.owner.namespace}/${write.owner.name}`, dryRun);
        await settlePorts(write, ports, operation);
        await settleHealthCheckPort(write, ports, operation);
      } catch (error) {
        await claims.release();
        throw error;
      }
      return claims;
    },
    async free(service) {
      const spec = service.spec ?? {};
      for (const address of ownAddresses(spec)) await addresses.release(address, ownerOf(service));
      const held = new Set([...heldPorts(spec), ...heldHealthCheckPort(spec)]);
      for (const port of held) await ports.release(port);
    },
  };
}

const ownerOf = ({ metadata }: Service): Owner => ({
  namespace: metadata?.namespace ?? '',
  name: metadata?.name ?? '',
});

function refuse(service: Service, errors: FieldErrors): void {
  if (errors.length > 0) throw invalidError({ group: '', kind: 'Service' }, service.metadata?.name ?? '', errors);
}

function ownAddresses(spec: ServiceSpec): readonly string[] {
  return needsClusterIP(spec) && !isHeadless(spec) ? (spec.clusterIPs ?? []) : [];
}

/** The ports in a Service's own name: two of its ports may share one, by protocol. */
export function heldPorts(spec: ServiceSpec): readonly number[] {
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return [];
  return [...new Set((spec.ports ?? []).map(port => port.nodePort ?? 0).filter(port => port !== 0))];
}

export function heldHealthCheckPort(spec: ServiceSpec): readonly number[] {
  return needsHealthCheckPort(spec) && spec.healthCheckNodePort ? [spec.healthCheckNodePort] : [];
}

/** An address is for life; it comes with a type that has one and goes with one that has none. */
async function settleAddresses(write: Write, addresses: ClusterIPs): Promise<void> {
  const { service, spec, old, owner, dryRun, claims } = write;
  const had = old !== undefined && needsClusterIP(old);
  if (had && !needsClusterIP(spec)) {
    if (!dryRun) for (const address of ownAddresses(old)) claims.replaced(() => addresses.release(address, owner));
    return;
  }
  if (had || !needsClusterIP(spec) || isHeadless(spec)) return;
  const wanted = spec.clusterIPs ?? [];
  const fail = (what: string, error: unknown) => {
    if (!(error instanceof AllocationError)) throw error;
    refuse(service, [invalid('spec.clusterIPs', wanted, `${what}: ${error.message}`)]);
  };
  const given: string[] = [];
  for (const address of wanted.length > 0 ? wanted : [undefined]) {
    try {
      if (address !== undefined) await addresses.claim(address, owner, dryRun);
      const taken = address ?? (await addresses.claimAny(owner, dryRun));
      given.push(taken);
      if (!dryRun) claims.made(() => addresses.release(taken, owner));
    } catch (error) {
      fail(address === undefined ? 'failed to allocate a serviceIP' : `failed to allocate IP ${address}`, error);
    }
  }
  spec.clusterIPs = given;
  spec.clusterIP = given[0];
}

async function settlePorts(write: Write, ports: NodePorts, operation: PortOperation): Promise<void> {
  const { spec, old, dryRun, claims } = write;
  const before = new Set(old === undefined ? [] : heldPorts(old));
  const kept = new Set<number>();
  const byPort = new Map<number, number>();
  const isHolder = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  for (const [at, port] of isHolder ? (spec.ports ?? []).entries() : []) {
    const { nodePort = 0 } = port;
    if (nodePort === 0 && !needsNodePort(spec)) continue;
    // The same port in another protocol has the same node port.
    const asked = nodePort === 0 ? (byPort.get(port.port) ?? 0) : nodePort;
    const isOurs = asked !== 0 && (byPort.get(port.port) === asked || before.has(asked));
    const number = isOurs ? asked : await take(write, operation, asked, at);
    if (!isOurs && !dryRun) claims.made(() => ports.release(number));
    kept.add(number);
    byPort.set(port.port, number);
    port.nodePort = number;
  }
  if (dryRun) return;
  for (const port of before) if (!kept.has(port)) claims.replaced(() => ports.release(port));
}

async function take({ service }: Write, operation: PortOperation, asked: number, at: number): Promise<number> {
  const path = `spec.ports[${at}].nodePort`;
  if (asked !== 0) {
    const problem = await operation.claim(asked);
    if (problem !== undefined) refuse(service, [invalid(path, asked, problem)]);
    return asked;
  }
  const port = await operation.claimAny();
  if (port === undefined) throw internalError(`failed to allocate a nodePort: ${portsFull}`);
  return port;
}

async function settleHealthCheckPort(write: Write, ports: NodePorts, operation: PortOperation): Promise<void> {
  const { service, spec, old, dryRun, claims } = write;
  const [before] = old === undefined ? [] : heldHealthCheckPort(old);
  if (!needsHealthCheckPort(spec)) {
    if (before === undefined) return;
    if (!dryRun) claims.replaced(() => ports.release(before));
    // Else the object read and sent back would be refused.
    if (spec.healthCheckNodePort === before) delete spec.healthCheckNodePort;
    return;
  }
  if (before !== undefined) {
    const same = spec.healthCheckNodePort === before;
    if (!same) refuse(service, [forbidden('spec.healthCheckNodePort', 'field is immutable')]);
    return;
  }
  const asked = spec.healthCheckNodePort ?? 0;
  const problem = asked === 0 ? undefined : await operation.claim(asked);
  if (problem !== undefined) {
    throw internalError(`failed to allocate requested HealthCheck NodePort ${asked}: ${problem}`);
  }
  const port = asked === 0 ? await operation.claimAny() : asked;
  if (port === undefined) throw internalError(`failed to allocate a HealthCheck NodePort ${asked}: ${portsFull}`);
  if (!dryRun) claims.made(() => ports.release(port));
  spec.healthCheckNodePort = port;
}
