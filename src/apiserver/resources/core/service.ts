/** Services (upstream: registry/core/service). Addresses and ports are given by `apiserver/allocation`, before these rules look. */

import { isDeepStrictEqual } from 'node:util';
import { isHeadless, type Service, type ServiceSpec, services } from '#api/core/service.ts';
import { ageColumn, nameColumn, printedLabels } from '#apiserver/resources/columns.ts';
import { needsClusterIP, needsHealthCheckPort, needsNodePort } from '#apiserver/resources/core/service-needs.ts';
import {
  validateService,
  validateServiceStatus,
  validateServiceUpdate,
} from '#apiserver/resources/core/service-validation.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { fieldsOf } from '#machinery/selector/field-selector.ts';
import { warningsForCidr, warningsForIp } from '#machinery/validation/addresses.ts';
import { nameIsDnsLabel } from '#machinery/validation/names.ts';

export const serviceStrategy: Strategy<Service> = {
  resource: services,
  validateName: nameIsDnsLabel,
  allowCreateOnUpdate: true,
  returnsDeleted: true,
  prepareCreate(service) {
    service.status = { loadBalancer: {} };
  },
  prepareUpdate(service, old) {
    const isBalanced = old.spec?.type !== 'LoadBalancer' || service.spec?.type === 'LoadBalancer';
    service.status = isBalanced ? old.status : { ...old.status, loadBalancer: {} };
    dropWhatTheTypeHasNot(service.spec ?? {}, old.spec ?? {});
  },
  validateCreate: service => validateService(service, undefined),
  validateUpdate: validateServiceUpdate,
  warnOnCreate: warnings,
  warnOnUpdate: warnings,
  subresources: {
    status: {
      prepareUpdate(service, old) {
        service.spec = old.spec;
      },
      validateUpdate: validateServiceStatus,
    },
  },
  fieldRules: fieldsOf(['spec.clusterIP', 'spec.type']),
  selectableFields: ({ spec }) => ({ 'spec.clusterIP': spec?.clusterIP ?? '', 'spec.type': spec?.type ?? '' }),
  columns: [
    nameColumn,
    { name: 'Type', type: 'string', cell: ({ spec }) => spec?.type ?? '' },
    { name: 'Cluster-IP', type: 'string', cell: ({ spec }) => spec?.clusterIPs?.[0] ?? '<none>' },
    { name: 'External-IP', type: 'string', cell: printedExternalIPs },
    { name: 'Port(s)', type: 'string', cell: ({ spec }) => printedPorts(spec ?? {}) },
    ageColumn,
    { name: 'Selector', type: 'string', priority: 1, cell: ({ spec }) => printedLabels(spec?.selector) },
  ],
};

/**
 * A client that changes the type from an object it read sends what the old type had. What it did not change itself goes:
 * else every change of type would be refused.
 */
function dropWhatTheTypeHasNot(spec: ServiceSpec, old: ServiceSpec): void {
  const same = (name: keyof ServiceSpec) => isDeepStrictEqual(spec[name], old[name]);
  if (needsClusterIP(old) && !needsClusterIP(spec)) {
    if (same('clusterIP') || spec.clusterIP === '') delete spec.clusterIP;
    if (same('clusterIPs')) delete spec.clusterIPs;
    if (same('ipFamilies')) delete spec.ipFamilies;
    if (same('ipFamilyPolicy')) delete spec.ipFamilyPolicy;
  }
  const nodePorts = ({ ports }: ServiceSpec) => (ports ?? []).map(port => port.nodePort ?? 0);
  if (needsNodePort(old) && !needsNodePort(spec) && isDeepStrictEqual(nodePorts(spec), nodePorts(old))) {
    for (const port of spec.ports ?? []) delete port.nodePort;
  }
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(spec) && same('healthCheckNodePort')) {
    delete spec.healthCheckNodePort;
  }
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (same('allocateLoadBalancerNodePorts')) delete spec.allocateLoadBalancerNodePorts;
    if (same('loadBalancerClass')) delete spec.loadBalancerClass;
  }
  const external = (each: ServiceSpec) =>
    each.type === 'NodePort' || each.type === 'LoadBalancer' || (each.externalIPs?.length ?? 0) > 0;
  if (external(old) && !external(spec) && same('externalTrafficPolicy')) delete spec.externalTrafficPolicy;
  if (old.type !== 'ExternalName' && spec.type === 'ExternalName' && same('internalTrafficPolicy')) {
    delete spec.internalTrafficPolicy;
  }
}

function warnings({ spec = {} }: Service): readonly string[] {
  const out: string[] = [];
  const addresses = spec.externalIPs ?? [];
  if (isHeadless(spec)) {
    if (spec.loadBalancerIP) out.push('spec.loadBalancerIP is ignored for headless services');
    if (addresses.length > 0) out.push('spec.externalIPs is ignored for headless services');
    if (spec.sessionAffinity !== 'None') out.push('spec.SessionAffinity is ignored for headless services');
  } else out.push(...(spec.clusterIPs ?? []).flatMap((each, at) => warningsForIp(`spec.clusterIPs[${at}]`, each)));
  out.push(...addresses.flatMap((each, at) => warningsForIp(`spec.externalIPs[${at}]`, each)));
  if (spec.loadBalancerIP) out.push(...warningsForIp('spec.loadBalancerIP', spec.loadBalancerIP));
  const ranges = spec.loadBalancerSourceRanges ?? [];
  out.push(...ranges.flatMap((each, at) => warningsForCidr(`spec.loadBalancerSourceRanges[${at}]`, each)));
  if (addresses.length > 0) {
    out.push(
      spec.type === 'ExternalName'
        ? 'spec.externalIPs is ignored when spec.type is "ExternalName"'
        : 'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    );
  }
  if (spec.type !== 'ExternalName' && spec.externalName) {
    out.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec.trafficDistribution === 'PreferClose') {
    out.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return out;
}

/** Load balancers of clouds have long names: without `-o wide` only the beginning is shown. */
function printedExternalIPs({ spec = {}, status }: Service): string {
  const own = spec.externalIPs ?? [];
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return own.length > 0 ? own.join(',') : '<none>';
    case 'LoadBalancer': {
      const given = (status?.loadBalancer?.ingress ?? []).map(each => each.ip || each.hostname || '');
      const all = [...given.filter(each => each !== ''), ...own];
      return all.length > 0 ? all.join(',') : '<pending>';
    }
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

function printedPorts({ ports = [] }: ServiceSpec): string {
  if (ports.length === 0) return '<none>';
  return ports.map(each => `${each.port}${each.nodePort ? `:${each.nodePort}` : ''}/${each.protocol}`).join(',');
}
