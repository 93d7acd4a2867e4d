/**
 * The pure half of a Service's allocation: what an update leaves out and the old object knows, and which IP families
 * follow from what was given (upstream: registry/core/service/storage/{storage,alloc}.go). The cluster has IPv4.
 */

import { isDeepStrictEqual } from 'node:util';
import { isHeadless, type Service, type ServiceSpec } from '#api/core/service.ts';
import { needsClusterIP, needsHealthCheckPort, needsNodePort } from '#apiserver/resources/core/service-needs.ts';
import { familyOf, validateClusterIPs } from '#apiserver/resources/core/service-validation.ts';
import { type FieldErrors, invalid } from '#machinery/validation/field-error.ts';

const clusterFamily = 'IPv4';

/** A client that does not say what was allocated keeps it. */
export function keepAllocated(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIP(old) && needsClusterIP(spec)) {
    spec.clusterIP ||= old.clusterIP;
    if (!spec.clusterIPs?.length && spec.clusterIP === old.clusterIP) spec.clusterIPs = old.clusterIPs;
  }
  if (needsNodePort(old) && needsNodePort(spec)) keepNodePorts(spec, old);
  if (needsHealthCheckPort(old) && needsHealthCheckPort(spec)) spec.healthCheckNodePort ||= old.healthCheckNodePort;
}

/** Ports are known by their names; a number that the client gave to another port is not given twice. */
function keepNodePorts(spec: ServiceSpec, old: ServiceSpec): void {
  const given = new Set((spec.ports ?? []).map(port => port.nodePort));
  const used = new Set((old.ports ?? []).map(port => port.nodePort).filter(port => given.has(port)));
  const byName = new Map((old.ports ?? []).map(port => [port.name ?? '', port.nodePort]));
  for (const port of spec.ports ?? []) {
    const before = byName.get(port.name ?? '');
    if (port.nodePort || !before || used.has(before)) continue;
    port.nodePort = before;
    used.add(before);
  }
}

/** A client that knows only one of `clusterIP` and `clusterIPs` changes both. */
export function agreeOnClusterIPs(spec: ServiceSpec, old: ServiceSpec | undefined): void {
  if (old === undefined) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  if ((spec.clusterIP ?? '') === (old.clusterIP ?? '')) return;
  if (!isDeepStrictEqual(spec.clusterIPs ?? [], old.clusterIPs ?? [])) return;
  if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
  else delete spec.clusterIPs;
}

/** Sets ipFamilies and ipFamilyPolicy; gives what stands in the way. */
export function settleFamilies(service: Service, old: Service | undefined): FieldErrors {
  const spec = (service.spec ??= {});
  if (spec.type === 'ExternalName') return [];
  if (old?.spec && needsClusterIP(old.spec)) {
    if (isHeadless(spec) && isHeadless(old.spec)) {
      spec.ipFamilyPolicy ??= old.spec.ipFamilyPolicy;
      if (!spec.ipFamilies?.length) spec.ipFamilies = old.spec.ipFamilies;
    }
    dropSecond(spec, old.spec);
  }
  const errors = validateClusterIPs(spec, old?.spec);
  if (errors.length > 0) return errors;
  if (isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0) {
    // Whoever writes its endpoints may have addresses of both families.
    spec.ipFamilyPolicy ??= spec.ipFamilies?.length === 1 ? 'SingleStack' : 'RequireDualStack';
    spec.ipFamilies = familiesOf(spec, spec.ipFamilyPolicy !== 'SingleStack');
    return [];
  }
  spec.ipFamilyPolicy ??= 'SingleStack';
  const problems = familyProblems(spec);
  if (problems.length === 0) spec.ipFamilies = familiesOf(spec, false);
  return problems;
}

function familiesOf({ ipFamilies }: ServiceSpec, both: boolean): string[] {
  const first = ipFamilies?.[0] ?? clusterFamily;
  if (!both) return ipFamilies?.length ? [...ipFamilies] : [first];
  return [first, first === 'IPv4' ? 'IPv6' : 'IPv4'];
}

/** Whoever asks for a single stack and leaves the rest as it was gives up what came second. */
function dropSecond(spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.ipFamilyPolicy !== 'SingleStack') return;
  const keepFirst = (field: 'clusterIPs' | 'ipFamilies') => {
    const list = spec[field] ?? [];
    if (list.length > 1 && isDeepStrictEqual(list, old[field])) spec[field] = list.slice(0, 1);
  };
  keepFirst('clusterIPs');
  keepFirst('ipFamilies');
}

function familyProblems(spec: ServiceSpec): FieldErrors {
  const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  const addresses = isHeadless(spec) ? [] : clusterIPs;
  if (ipFamilyPolicy === 'SingleStack') {
    const single = (what: string) =>
      invalid(
        'spec.ipFamilyPolicy',
        ipFamilyPolicy,
        `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
      );
    if (addresses.length > 1) return [single('cluster IPs')];
    if (ipFamilies.length > 1) return [single('IP families')];
  }
  const problems = addresses.flatMap((address, at) =>
    familyOf(address) === clusterFamily
      ? []
      : [invalid(`spec.clusterIPs[${at}]`, addresses, `${familyOf(address)} is not configured on this cluster`)],
  );
  if (problems.length > 0) return problems;
  return [
    ...(ipFamilyPolicy === 'RequireDualStack'
      ? [invalid('spec.ipFamilyPolicy', ipFamilyPolicy, 'this cluster is not configured for dual-stack services')]
      : []),
    ...ipFamilies.flatMap((family, at) =>
      family === clusterFamily ? [] : [invalid(`spec.ipFamilies[${at}]`, family, 'not configured on this cluster')],
    ),
  ];
}
