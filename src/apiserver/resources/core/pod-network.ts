/** Names and DNS of a Pod. */

import type { HostAlias, PodDNSConfig, PodSpec } from '#api/core/pod-spec.ts';
import { addProblems } from '#apiserver/resources/messages.ts';
import { validateLegacyIp } from '#machinery/validation/addresses.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { forbidden, invalid, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkDns1123Subdomain, checkDns1123SubdomainWithUnderscore } from '#machinery/validation/names.ts';

const nameserversMax = 3;
const searchesMax = 32;
const searchCharactersMax = 2048;

export function inspectDns(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const config = spec.dnsConfig;
  if (spec.dnsPolicy === 'None') {
    if (!config) {
      errors.push(required(path, 'must provide `dnsConfig` when `dnsPolicy` is None'));
      return;
    }
    if (!config.nameservers?.length) {
      const problem = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      errors.push(required(`${path}.nameservers`, problem));
      return;
    }
  }
  if (config) inspectDnsConfig(config, path, errors);
}

function inspectDnsConfig(config: PodDNSConfig, path: FieldPath, errors: FieldError[]): void {
  const { nameservers = [], searches = [], options = [] } = config;
  if (nameservers.length > nameserversMax) {
    errors.push(invalid(`${path}.nameservers`, nameservers, `must not have more than ${nameserversMax} nameservers`));
  }
  nameservers.forEach((address, i) => {
    errors.push(...validateLegacyIp(`${path}.nameservers[${i}]`, address));
  });
  if (searches.length > searchesMax) {
    errors.push(invalid(`${path}.searches`, searches, `must not have more than ${searchesMax} search paths`));
  }
  if (searches.join(' ').length > searchCharactersMax) {
    const problem = `must not have more than ${searchCharactersMax} characters (including spaces) in the search list`;
    errors.push(invalid(`${path}.searches`, searches, problem));
  }
  searches.forEach((search, i) => {
    if (search === '.') return;
    const name = search.endsWith('.') ? search.slice(0, -1) : search;
    addProblems(errors, `${path}.searches[${i}]`, name, checkDns1123SubdomainWithUnderscore(name));
  });
  options.forEach((option, i) => {
    if (!option.name) errors.push(required(`${path}.options[${i}]`, 'must not be empty'));
  });
}

export function inspectHostAliases(aliases: readonly HostAlias[], path: FieldPath, errors: FieldError[]): void {
  aliases.forEach(({ ip, hostnames = [] }, i) => {
    errors.push(...validateLegacyIp(`${path}[${i}].ip`, ip));
    hostnames.forEach((name, j) => {
      addProblems(errors, `${path}[${i}].hostnames[${j}]`, name, checkDns1123Subdomain(name));
    });
  });
}

const hostnameOverrideMax = 64;

/** A name given outright leaves nothing for the others to say. */
export function inspectHostnameOverride(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const name = spec.hostnameOverride;
  if (name === undefined) return;
  const at = `${path}.hostnameOverride`;
  if (spec.setHostnameAsFQDN) errors.push(forbidden(at, 'may not be specified when setHostnameAsFQDN is true'));
  if (spec.hostNetwork) errors.push(forbidden(at, 'may not be specified when hostNetwork is true'));
  addProblems(errors, at, name, checkDns1123Subdomain(name));
  if (name.length > hostnameOverrideMax) {
    errors.push(invalid(at, name, `must be no more than ${hostnameOverrideMax} characters`));
  }
}

/** On the host's network a container listens where it listens. */
export function inspectHostNetworkPorts(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  if (!spec.hostNetwork) return;
  for (const kind of ['containers', 'initContainers'] as const) {
    (spec[kind] ?? []).forEach((container, i) => {
      (container.ports ?? []).forEach(({ hostPort = 0, containerPort }, j) => {
        if (hostPort === containerPort) return;
        const at = `${path}.${kind}[${i}].ports[${j}].hostPort`;
        errors.push(invalid(at, hostPort, 'must match `containerPort` when `hostNetwork` is true'));
      });
    });
  }
}
