/** Ingresses (upstream: registry/networking/ingress). */

import {
  type HTTPIngressPath,
  type Ingress,
  type IngressBackend,
  type IngressRule,
  type IngressTLS,
  ingresses,
} from '#api/networking/ingress.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { addProblems, metadataAgain } from '#apiserver/resources/messages.ts';
import { keepStatus, statusRules } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { parseAddress } from '#lib/ip.ts';
import { validateLegacyIp } from '#machinery/validation/addresses.ts';
import {
  type FieldError,
  type FieldErrors,
  invalid,
  notSupported,
  required,
} from '#machinery/validation/field-error.ts';
import {
  checkDns1123Subdomain,
  checkPathSegmentName,
  checkPortName,
  checkPortNumber,
  checkWildcardDns1123Subdomain,
  nameIsDnsLabel,
  nameIsDnsSubdomain,
} from '#machinery/validation/names.ts';

const classAnnotation = 'kubernetes.io/ingress.class';
const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];
const forbiddenParts = ['//', '/./', '/../', '%2f', '%2F'];
const forbiddenEnds = ['/..', '/.'];

export const ingressStrategy: Strategy<Ingress> = {
  resource: ingresses,
  hasGeneration: true,
  prepareCreate(ingress) {
    ingress.status = { loadBalancer: {} };
  },
  prepareUpdate: keepStatus,
  validateCreate(ingress) {
    const errors: FieldError[] = [];
    const annotated = ingress.metadata?.annotations?.[classAnnotation];
    const given = ingress.spec?.ingressClassName;
    if (annotated !== undefined && given !== undefined && annotated !== given) {
      const why = 'must match `ingressClassName` when both are specified';
      errors.push(invalid(`annotations.${classAnnotation}`, annotated, why));
    }
    return [...errors, ...validate(ingress)];
  },
  validateUpdate: ingress => [...metadataAgain(ingress.metadata, true), ...validate(ingress)],
  warnOnCreate: ({ metadata, spec }) =>
    metadata?.annotations?.[classAnnotation] === undefined || spec?.ingressClassName !== undefined
      ? []
      : [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`],
  subresources: { status: statusRules(validateStatus) },
  columns: [
    nameColumn,
    textColumn<Ingress>('Class', ({ spec }) => spec?.ingressClassName ?? '<none>'),
    textColumn<Ingress>('Hosts', printedHosts),
    textColumn<Ingress>('Address', ({ status }) =>
      (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').join(','),
    ),
    textColumn<Ingress>('Ports', ({ spec }) => ((spec?.tls ?? []).length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
};

function printedHosts({ spec }: Ingress): string {
  const hosts = (spec?.rules ?? []).map(({ host }) => host ?? '').filter(host => host !== '');
  if (hosts.length === 0) return '*';
  return hosts.length > 3 ? `${hosts.slice(0, 3).join(',')} + ${hosts.length - 3} more...` : hosts.join(',');
}

function validate({ spec = {} }: Ingress): FieldErrors {
  const errors: FieldError[] = [];
  const { rules = [], tls = [], defaultBackend, ingressClassName } = spec;
  if (rules.length === 0 && defaultBackend === undefined) {
    const why = 'either `defaultBackend` or `rules` must be specified';
    errors.push(invalid('spec', spec.rules, why));
  }
  for (const [at, each] of tls.entries()) inspectTls(each, `spec.tls[${at}]`, errors);
  if (defaultBackend !== undefined) inspectBackend(defaultBackend, 'spec.defaultBackend', errors);
  for (const [at, rule] of rules.entries()) inspectRule(rule, `spec.rules[${at}]`, errors);
  if (ingressClassName !== undefined) {
    addProblems(errors, 'spec.ingressClassName', ingressClassName, nameIsDnsSubdomain(ingressClassName));
  }
  return errors;
}

const checkHost = (host: string) =>
  host.includes('*') ? checkWildcardDns1123Subdomain(host) : checkDns1123Subdomain(host);

function inspectTls({ hosts = [], secretName = '' }: IngressTLS, path: string, errors: FieldError[]): void {
  for (const [at, host] of hosts.entries()) addProblems(errors, `${path}.hosts[${at}]`, host, checkHost(host));
  if (secretName !== '') addProblems(errors, `${path}.secretName`, secretName, nameIsDnsSubdomain(secretName));
}

function inspectRule({ host = '', http }: IngressRule, path: string, errors: FieldError[]): void {
  if (host !== '') {
    if (parseAddress(host) !== undefined) {
      errors.push(invalid(`${path}.host`, host, 'must be a DNS name, not an IP address'));
    }
    addProblems(errors, `${path}.host`, host, checkHost(host));
  }
  if (http === undefined) return;
  const paths = http.paths ?? [];
  if (paths.length === 0) errors.push(required(`${path}.http.paths`));
  for (const [at, each] of paths.entries()) inspectPath(each, `${path}.http.paths[${at}]`, errors);
}

function inspectPath({ path: url = '', pathType, backend }: HTTPIngressPath, path: string, errors: FieldError[]): void {
  if (!pathType) {
    errors.push(required(`${path}.pathType`, 'pathType must be specified'));
    return;
  }
  const at = `${path}.path`;
  switch (pathType) {
    case 'Exact':
    case 'Prefix':
      if (!url.startsWith('/')) errors.push(invalid(at, url, 'must be an absolute path'));
      else {
        for (const part of forbiddenParts)
          if (url.includes(part)) errors.push(invalid(at, url, `must not contain '${part}'`));
        for (const end of forbiddenEnds)
          if (url.endsWith(end)) errors.push(invalid(at, url, `cannot end with '${end}'`));
      }
      break;
    case 'ImplementationSpecific':
      if (url !== '' && !url.startsWith('/')) errors.push(invalid(at, url, 'must be an absolute path'));
      break;
    default:
      errors.push(notSupported(`${path}.pathType`, pathType, pathTypes));
  }
  inspectBackend(backend ?? {}, `${path}.backend`, errors);
}

function inspectBackend({ resource, service }: IngressBackend, path: string, errors: FieldError[]): void {
  if (resource !== undefined && service !== undefined) {
    errors.push(invalid(path, '', 'cannot set both resource and service backends'));
  } else if (resource !== undefined) {
    const { apiGroup, kind = '', name = '' } = resource;
    if (apiGroup !== undefined && apiGroup !== null)
      addProblems(errors, `${path}.resource.apiGroup`, apiGroup, checkDns1123Subdomain(apiGroup));
    inspectSegment(kind, `${path}.resource.kind`, errors);
    inspectSegment(name, `${path}.resource.name`, errors);
  } else if (service === undefined) errors.push(invalid(path, '', 'resource or service backend is required'));
  else {
    const { name = '', port = {} } = service;
    if (name === '') errors.push(required(`${path}.service.name`));
    else addProblems(errors, `${path}.service.name`, name, serviceNameProblems(name));
    if (port.name && port.number) errors.push(invalid(path, '', 'cannot set both port name & port number'));
    else if (port.name) addProblems(errors, `${path}.service.port.name`, port.name, checkPortName(port.name));
    else if (port.number) addProblems(errors, `${path}.service.port.number`, port.number, checkPortNumber(port.number));
    else errors.push(required(path, 'port name or number is required'));
  }
}

const serviceNameProblems = (name: string) => nameIsDnsLabel(name);

function inspectSegment(name: string, path: string, errors: FieldError[]): void {
  if (name === '') errors.push(required(path));
  else addProblems(errors, path, name, checkPathSegmentName(name));
}

function validateStatus(ingress: Ingress): FieldError[] {
  const errors: FieldError[] = [...metadataAgain(ingress.metadata, true)];
  for (const [at, { ip, hostname }] of (ingress.status?.loadBalancer?.ingress ?? []).entries()) {
    const path = `status.loadBalancer.ingress[${at}]`;
    if (ip) errors.push(...validateLegacyIp(`${path}.ip`, ip));
    if (!hostname) continue;
    addProblems(errors, `${path}.hostname`, hostname, checkDns1123Subdomain(hostname));
    if (parseAddress(hostname) !== undefined) {
      errors.push(invalid(`${path}.hostname`, hostname, 'must be a DNS name, not an IP address'));
    }
  }
  return errors;
}
