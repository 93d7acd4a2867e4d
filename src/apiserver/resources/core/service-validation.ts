/** The rules of a Service (upstream: pkg/apis/core/validation, ValidateService). */

import {
  isExternallyAccessible,
  isHeadless,
  type Service,
  type ServicePort,
  type ServiceSpec,
} from '#api/core/service.ts';
import { inspectEndpointAddress } from '#apiserver/resources/core/endpoint-address.ts';
import { needsHealthCheckPort } from '#apiserver/resources/core/service-needs.ts';
import { addProblems, metadataAgain } from '#apiserver/resources/messages.ts';
import { parseAddress } from '#lib/ip.ts';
import { validateLegacyCidr, validateLegacyIp } from '#machinery/validation/addresses.ts';
import {
  duplicate,
  type FieldError,
  type FieldErrors,
  forbidden,
  invalid,
  notSupported,
  required,
} from '#machinery/validation/field-error.ts';
import {
  checkDns1123Label,
  checkDns1123Subdomain,
  checkPortName,
  checkPortNumber,
  checkQualifiedName,
} from '#machinery/validation/names.ts';
import { validateLabels } from '#machinery/validation/object-meta.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const families = ['IPv4', 'IPv6'];
const familyPolicies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const trafficPolicies = ['Cluster', 'Local'];
export const protocols = ['SCTP', 'TCP', 'UDP'];
const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
const kubeletPort = 10_250;
const affinitySecondsMax = 86_400;
const onlyLoadBalancers = "may only be used when `type` is 'LoadBalancer'";

const rangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges';

export function validateService(service: Service, old: Service | undefined): FieldErrors {
  const { spec = {} } = service;
  const errors: FieldError[] = [];
  const { type = '', ports = [] } = spec;
  if (ports.length === 0 && !isHeadless(spec) && type !== 'ExternalName') errors.push(required('spec.ports'));
  inspectType(spec, errors);
  inspectPorts(spec, errors);
  if (spec.selector) errors.push(...validateLabels(spec.selector, 'spec.selector'));
  inspectAffinity(spec, errors);
  errors.push(...validateClusterIPs(spec, old?.spec));
  for (const [at, address] of (spec.externalIPs ?? []).entries()) {
    const path = `spec.externalIPs[${at}]`;
    const found = validateLegacyIp(path, address, old?.spec?.externalIPs);
    errors.push(...found);
    if (found.length === 0) inspectEndpointAddress(address, path, errors);
  }
  if (!types.includes(type)) errors.push(notSupported('spec.type', type, types));
  inspectLoadBalancer(service, old?.spec, errors);
  inspectTraffic(spec, errors);
  return errors;
}

export function validateServiceUpdate(service: Service, old: Service): FieldErrors {
  const { spec = {} } = service;
  const before = old.spec ?? {};
  return [
    ...metadataAgain(service.metadata, true),
    ...primaryErrors(spec, before, 'clusterIPs'),
    ...primaryErrors(spec, before, 'ipFamilies'),
    ...classChangeErrors(spec, before),
    ...validateService(service, old),
  ];
}

function inspectType(spec: ServiceSpec, errors: FieldError[]): void {
  const { type, clusterIPs = [], ipFamilies = [], ipFamilyPolicy, ports = [] } = spec;
  if (type === 'LoadBalancer') {
    for (const [at, { port }] of ports.entries()) {
      if (port !== kubeletPort) continue;
      const why = `may not expose port ${port} externally since it is used by kubelet`;
      errors.push(invalid(`spec.ports[${at}].port`, port, why));
    }
  }
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec)) {
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  }
  if (type !== 'ExternalName') return;
  const why = 'may not be set for ExternalName services';
  if (clusterIPs.length > 0) errors.push(forbidden('spec.clusterIPs', why));
  if (ipFamilies.length > 0) errors.push(forbidden('spec.ipFamilies', why));
  if (ipFamilyPolicy !== undefined) errors.push(forbidden('spec.ipFamilyPolicy', why));
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') errors.push(required('spec.externalName'));
  else addProblems(errors, 'spec.externalName', name, checkDns1123Subdomain(name));
}

function inspectPorts(spec: ServiceSpec, errors: FieldError[]): void {
  const { ports = [], type } = spec;
  const names = new Set<string>();
  const nodePorts = new Set<string>();
  const numbers = new Set<string>();
  for (const [at, port] of ports.entries()) {
    const path = `spec.ports[${at}]`;
    const { protocol = '', nodePort = 0 } = port;
    inspectPort(port, ports.length > 1, names, path, errors);
    if (nodePort !== 0) {
      if (type === 'ClusterIP') {
        errors.push(forbidden(`${path}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
      }
      if (nodePorts.has(`${protocol} ${nodePort}`)) errors.push(duplicate(`${path}.nodePort`, nodePort));
      nodePorts.add(`${protocol} ${nodePort}`);
    }
    const key = `${protocol} ${port.port}`;
    if (numbers.has(key)) {
      // Upstream prints its own structure with nothing but these two in it.
      errors.push(
        duplicate(path, {
          Name: '',
          Protocol: protocol,
          AppProtocol: null,
          Port: port.port,
          TargetPort: 0,
          NodePort: 0,
        }),
      );
    }
    numbers.add(key);
  }
}

function inspectPort(
  port: ServicePort,
  needsName: boolean,
  names: Set<string>,
  path: string,
  errors: FieldError[],
): void {
  const { name = '', protocol = '', targetPort = 0 } = port;
  if (name !== '') {
    addProblems(errors, `${path}.name`, name, checkDns1123Label(name));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
  } else if (needsName) errors.push(required(`${path}.name`));
  addProblems(errors, `${path}.port`, port.port, checkPortNumber(port.port));
  if (!protocols.includes(protocol)) errors.push(notSupported(`${path}.protocol`, protocol, protocols));
  const target = typeof targetPort === 'number' ? checkPortNumber(targetPort) : checkPortName(targetPort);
  addProblems(errors, `${path}.targetPort`, targetPort, target);
  if (port.appProtocol !== undefined) {
    addProblems(errors, `${path}.appProtocol`, port.appProtocol, checkQualifiedName(port.appProtocol));
  }
}

function inspectAffinity({ sessionAffinity = '', sessionAffinityConfig }: ServiceSpec, errors: FieldError[]): void {
  if (sessionAffinity === '') errors.push(required('spec.sessionAffinity'));
  else if (sessionAffinity !== 'ClientIP' && sessionAffinity !== 'None') {
    errors.push(notSupported('spec.sessionAffinity', sessionAffinity, ['ClientIP', 'None']));
  }
  if (sessionAffinity === 'ClientIP') {
    const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
    const path = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
    if (seconds === undefined) errors.push(required(path));
    else if (seconds <= 0 || seconds > affinitySecondsMax) {
      errors.push(invalid(path, seconds, `must be greater than 0 and less than ${affinitySecondsMax}`));
    }
  } else if (sessionAffinity === 'None' && sessionAffinityConfig !== undefined) {
    errors.push(forbidden('spec.sessionAffinityConfig', 'must not be set when session affinity is None'));
  }
}

/** What goes together among clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy. The allocator asks this before it allocates. */
export function validateClusterIPs(spec: ServiceSpec, old: ServiceSpec | undefined): FieldErrors {
  const errors: FieldError[] = [];
  const { clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  const path = 'spec.clusterIPs';
  if (clusterIP === '') {
    if (clusterIPs.length > 0)
      errors.push(invalid(path, clusterIPs, 'must be empty when `clusterIP` is not specified'));
  } else if (clusterIPs.length === 0) errors.push(required(path));
  else if (clusterIPs[0] !== clusterIP) errors.push(invalid(path, clusterIPs, 'first value must match `clusterIP`'));
  for (const [at, family] of ipFamilies.entries()) {
    if (!families.includes(family)) errors.push(notSupported(`spec.ipFamilies[${at}]`, family, families));
    if (ipFamilies.indexOf(family) < at) errors.push(duplicate(`spec.ipFamilies[${at}]`, family));
  }
  if (ipFamilyPolicy !== undefined && !familyPolicies.includes(ipFamilyPolicy)) {
    errors.push(notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, familyPolicies));
  }
  const malformed = addressErrors(clusterIPs, old?.clusterIPs);
  errors.push(...malformed);
  if (clusterIPs.length > 2) errors.push(invalid(path, clusterIPs, 'may only hold up to 2 values'));
  if (malformed.length > 0) return errors;
  errors.push(...familyErrors(spec));
  return errors;
}

function addressErrors(clusterIPs: readonly string[], old: readonly string[] | undefined): FieldErrors {
  return clusterIPs.flatMap((address, at) => {
    if (at > 0 || address !== 'None') return validateLegacyIp(`spec.clusterIPs[${at}]`, address, old);
    if (clusterIPs.length === 1) return [];
    return [invalid('spec.clusterIPs', clusterIPs, "'None' must be the first and only value")];
  });
}

export function familyOf(address: string): 'IPv4' | 'IPv6' {
  return parseAddress(address)?.bits === 128 ? 'IPv6' : 'IPv4';
}

function familyErrors(spec: ServiceSpec): FieldErrors {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  if (isHeadless(spec)) return [];
  const errors: FieldError[] = [];
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(familyOf)).size < clusterIPs.length) {
    errors.push(invalid('spec.clusterIPs', clusterIPs, 'may specify no more than one IP for each IP family'));
  }
  for (const [at, address] of clusterIPs.entries()) {
    const family = ipFamilies[at];
    if (family === undefined || family === familyOf(address) || !families.includes(family)) continue;
    const why = `expected an ${family} value as indicated by \`ipFamilies[${at}]\``;
    errors.push(invalid(`spec.clusterIPs[${at}]`, address, why));
  }
  return errors;
}

function inspectLoadBalancer(service: Service, old: ServiceSpec | undefined, errors: FieldError[]): void {
  const { spec = {}, metadata } = service;
  const annotated = metadata?.annotations?.[rangesAnnotation];
  const { type, loadBalancerSourceRanges: ranges = [], loadBalancerClass, allocateLoadBalancerNodePorts } = spec;
  const isOne = type === 'LoadBalancer';
  if (!isOne) {
    if (ranges.length > 0) errors.push(forbidden('spec.LoadBalancerSourceRanges', onlyLoadBalancers));
    else if (annotated !== undefined) {
      errors.push(forbidden(`metadata.annotations[${rangesAnnotation}]`, onlyLoadBalancers));
    }
    if (allocateLoadBalancerNodePorts !== undefined) {
      errors.push(forbidden('spec.allocateLoadBalancerNodePorts', onlyLoadBalancers));
    }
    if (loadBalancerClass !== undefined) errors.push(forbidden('spec.loadBalancerClass', onlyLoadBalancers));
    return;
  }
  for (const [at, range] of ranges.entries()) {
    const path = `spec.LoadBalancerSourceRanges[${at}]`;
    errors.push(...validateLegacyCidr(path, range.trim(), old?.loadBalancerSourceRanges));
  }
  if (ranges.length === 0 && annotated?.trim()) {
    const path = `metadata.annotations[${rangesAnnotation}]`;
    for (const range of annotated.split(',')) errors.push(...validateLegacyCidr(path, range.trim()));
  }
  if (allocateLoadBalancerNodePorts === undefined) errors.push(required('spec.allocateLoadBalancerNodePorts'));
  if (loadBalancerClass !== undefined) {
    addProblems(errors, 'spec.loadBalancerClass', loadBalancerClass, checkQualifiedName(loadBalancerClass));
  }
}

function inspectTraffic(spec: ServiceSpec, errors: FieldError[]): void {
  const { externalTrafficPolicy: external = '', internalTrafficPolicy: internal, healthCheckNodePort = 0 } = spec;
  if (isExternallyAccessible(spec)) {
    if (external === '') errors.push(required('spec.externalTrafficPolicy'));
    else if (!trafficPolicies.includes(external)) {
      errors.push(notSupported('spec.externalTrafficPolicy', external, trafficPolicies));
    }
  } else if (external !== '') {
    const why = 'may only be set for externally-accessible services';
    errors.push(invalid('spec.externalTrafficPolicy', external, why));
  }
  if (needsHealthCheckPort(spec)) {
    if (healthCheckNodePort === 0) errors.push(required('spec.healthCheckNodePort'));
    else addProblems(errors, 'spec.healthCheckNodePort', healthCheckNodePort, checkPortNumber(healthCheckNodePort));
  } else if (healthCheckNodePort !== 0) {
    const why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalid('spec.healthCheckNodePort', healthCheckNodePort, why));
  }
  if (internal !== undefined && !trafficPolicies.includes(internal)) {
    errors.push(notSupported('spec.internalTrafficPolicy', internal, trafficPolicies));
  }
  const { trafficDistribution: distribution } = spec;
  if (distribution !== undefined && !distributions.includes(distribution)) {
    errors.push(notSupported('spec.trafficDistribution', distribution, distributions));
  }
}

/** A second address or family may come and go; what is there keeps its place. */
function primaryErrors(spec: ServiceSpec, old: ServiceSpec, field: 'clusterIPs' | 'ipFamilies'): FieldErrors {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return [];
  if (isHeadless(spec) && isHeadless(old)) return [];
  const now = spec[field] ?? [];
  const before = old[field] ?? [];
  return before.flatMap((value, at) =>
    at >= now.length || now[at] === value ? [] : [invalid(`spec.${field}[${at}]`, now, 'may not change once set')],
  );
}

function classChangeErrors(spec: ServiceSpec, old: ServiceSpec): FieldErrors {
  if (spec.type !== 'LoadBalancer' || old.type !== 'LoadBalancer') return [];
  if (spec.loadBalancerClass === old.loadBalancerClass) return [];
  return [invalid('spec.loadBalancerClass', spec.loadBalancerClass, 'may not change once set')];
}

/** What a load balancer reports of itself. */
export function validateServiceStatus(service: Service): FieldErrors {
  const errors: FieldError[] = [];
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  if (ingress.length > 0 && service.spec?.type !== 'LoadBalancer') {
    errors.push(forbidden('status.loadBalancer.ingress', "may only be used when `spec.type` is 'LoadBalancer'"));
  }
  for (const [at, { ip, hostname, ipMode, ports = [] }] of ingress.entries()) {
    const path = `status.loadBalancer.ingress[${at}]`;
    if (ip) errors.push(...validateLegacyIp(`${path}.ip`, ip));
    if (ip && ipMode === undefined) errors.push(required(`${path}.ipMode`, 'must be specified when `ip` is set'));
    if (!ip && ipMode !== undefined)
      errors.push(forbidden(`${path}.ipMode`, 'may not be specified when `ip` is not set'));
    if (ipMode !== undefined && ipMode !== 'VIP' && ipMode !== 'Proxy') {
      errors.push(notSupported(`${path}.ipMode`, ipMode, ['Proxy', 'VIP']));
    }
    if (hostname) inspectHostname(hostname, `${path}.hostname`, errors);
    for (const [index, { port, protocol, error }] of ports.entries()) {
      const inner = `${path}.ports[${index}]`;
      addProblems(errors, `${inner}.port`, port, checkPortNumber(port));
      if (!protocols.includes(protocol)) errors.push(notSupported(`${inner}.protocol`, protocol, protocols));
      if (error !== undefined) addProblems(errors, `${inner}.error`, error, checkQualifiedName(error));
    }
  }
  return errors;
}

function inspectHostname(hostname: string, path: string, errors: FieldError[]): void {
  addProblems(errors, path, hostname, checkDns1123Subdomain(hostname));
  if (parseAddress(hostname) !== undefined)
    errors.push(invalid(path, hostname, 'must be a DNS name, not an IP address'));
}
