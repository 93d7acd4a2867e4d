/** Addresses and ranges in objects, as strict as 1.36: no leading zeros, no IPv4 in IPv6, no bits beyond the prefix. */

import { formatAddress, formatRange, parseAddress, parseRange } from '#lib/ip.ts';
import type { FieldError, FieldErrors } from '#machinery/validation/field-error.ts';
import { invalid, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import {
  checkDns1123Label,
  checkDns1123Subdomain,
  checkQualifiedName,
  regexProblem,
} from '#machinery/validation/names.ts';

const ok: FieldErrors = [];

/**
 * An address in a field older than strict checking: any spelling of IPv6 is right. What stood in the object before
 * stays right.
 */
export function validateLegacyIp(path: FieldPath, value: string, old: readonly string[] = []): FieldErrors {
  if (old.includes(value)) return ok;
  const address = parseAddress(value);
  if (address === undefined) {
    return [invalid(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  }
  const errors: FieldError[] = [];
  if (address.leadingZeros) errors.push(invalid(path, value, 'must not have leading 0s'));
  else if (address.mapped) errors.push(invalid(path, value, 'must not be an IPv4-mapped IPv6 address'));
  return errors;
}

/** An address in canonical form. */
export function validateIp(path: FieldPath, value: string): FieldErrors {
  const errors = validateLegacyIp(path, value);
  if (errors.length > 0) return errors;
  const canonical = formatAddress(parseAddress(value)!);
  return value === canonical ? ok : [invalid(path, value, `must be in canonical form ("${canonical}")`)];
}

export function validateLegacyCidr(path: FieldPath, value: string, old: readonly string[] = []): FieldErrors {
  if (old.includes(value)) return ok;
  const range = parseRange(value);
  if (range === undefined) {
    return [invalid(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
  }
  if (range.leadingZeros) return [invalid(path, value, 'must not have leading 0s in IP or prefix length')];
  if (range.address.mapped) return [invalid(path, value, 'must not have an IPv4-mapped IPv6 address')];
  if (range.address.value !== range.first.value) {
    return [invalid(path, value, 'must not have bits set beyond the prefix length')];
  }
  return ok;
}

export function validateCidr(path: FieldPath, value: string): FieldErrors {
  const errors = validateLegacyCidr(path, value);
  if (errors.length > 0) return errors;
  const canonical = formatRange(parseRange(value)!);
  return value === canonical ? ok : [invalid(path, value, `must be in canonical form ("${canonical}")`)];
}

/** Warnings for an address that passed `validateLegacyIp`. */
export function warningsForIp(path: FieldPath, value: string): readonly string[] {
  const address = parseAddress(value);
  if (address === undefined) return [];
  const canonical = formatAddress(address);
  if (address.leadingZeros || address.mapped) {
    return [
      `${path}: non-standard IP address "${value}" will be considered invalid in a future Kubernetes release: use "${canonical}"`,
    ];
  }
  if (address.bits === 32 || value === canonical) return [];
  return [`${path}: IPv6 address "${value}" should be in RFC 5952 canonical format ("${canonical}")`];
}

/** Warnings for a range that passed `validateLegacyCidr`. */
export function warningsForCidr(path: FieldPath, value: string): readonly string[] {
  const range = parseRange(value);
  if (range === undefined) return [];
  const canonical = formatRange(range);
  const warnings: string[] = [];
  if (range.address.value !== range.first.value) {
    const single = `${formatAddress(range.address)}/${range.address.bits}`;
    warnings.push(
      `${path}: CIDR value "${value}" is ambiguous in this context (should be "${canonical}" or "${single}"?)`,
    );
  }
  if (range.leadingZeros || range.address.mapped) {
    warnings.push(
      `${path}: non-standard CIDR value "${value}" will be considered invalid in a future Kubernetes release: use "${canonical}"`,
    );
  }
  if (warnings.length === 0 && range.address.bits === 128 && value !== canonical) {
    warnings.push(`${path}: IPv6 CIDR value "${value}" should be in RFC 5952 canonical format ("${canonical}")`);
  }
  return warnings;
}

/** Two labels at least, a dot at the end allowed: `example.com.` */
export function validateFullyQualifiedDomainName(path: FieldPath, value: string): FieldErrors {
  if (value === '') return [required(path)];
  const name = value.endsWith('.') ? value.slice(0, -1) : value;
  const problems = checkDns1123Subdomain(name);
  if (problems.length > 0) return [invalid(path, name, problems.join(','))];
  const labels = name.split('.');
  if (labels.length < 2) {
    return [invalid(path, name, 'should be a domain with at least two segments separated by dots')];
  }
  for (const label of labels) {
    const wrong = checkDns1123Label(label);
    if (wrong.length > 0) return [invalid(path, label, wrong.join(','))];
  }
  return ok;
}

/** Three labels at least: the name of a webhook. */
export function validateFullyQualifiedName(path: FieldPath, name: string): FieldErrors {
  if (name === '') return [required(path)];
  const problems = checkDns1123Subdomain(name);
  if (problems.length > 0) return [invalid(path, name, problems.join(','))];
  return name.split('.').length >= 3
    ? ok
    : [invalid(path, name, 'should be a domain with at least three segments separated by dots')];
}

const httpPath = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const httpPathExpression = new RegExp(`^${httpPath}$`);

/** `acme.io/foo`: who manages a Job. */
export function validateDomainPrefixedPath(path: FieldPath, value: string): FieldErrors {
  if (value === '') return [required(path)];
  const slash = value.indexOf('/');
  const domain = value.slice(0, Math.max(slash, 0));
  const rest = value.slice(slash + 1);
  if (domain === '' || rest === '') {
    return [invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const errors = checkDns1123Subdomain(domain).map(problem => invalid(path, domain, problem));
  if (!httpPathExpression.test(rest)) errors.push(invalid(path, rest, regexProblem('Invalid path', httpPath)));
  return errors;
}

/** `acme.io/foo` where the second part is a name: the type of a signer or condition. */
export function validateDomainPrefixedKey(path: FieldPath, value: string): FieldErrors {
  if (value === '') return [required(path)];
  const slash = value.indexOf('/');
  if (slash < 1 || slash === value.length - 1) {
    return [invalid(path, value, 'must be a domain-prefixed key (such as "acme.io/foo")')];
  }
  return checkQualifiedName(value).map(problem => invalid(path, value, problem));
}

/** `10.0.0.1:80` or `[::1]:80`: what a flag takes as an address to listen on. */
export function checkSocketAddress(value: string): readonly string[] {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d*)$/.exec(value);
  if (match === null) return ['must be a valid socket address format, (e.g. 0.0.0.0:10254 or [::]:10254)'];
  const port = Number(match[3]);
  const problems = port >= 1 && port <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
  if (parseAddress(match[1] ?? match[2]!) === undefined) {
    problems.push('must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)');
  }
  return problems;
}
