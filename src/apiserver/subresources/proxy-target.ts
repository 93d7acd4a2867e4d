/**
 * Where a proxy sub-resource leads: an address and a port, found once from objects that are known, never by a name that
 * somebody else could resolve anew (CVE-2020-8562). Pure: the objects are handed in.
 */

import { BlockList, isIP } from 'node:net';
import type { Endpoints } from '#api/core/endpoints.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Service } from '#api/core/service.ts';
import { ApiError, badRequestError, notFoundError } from '#machinery/api-error.ts';
import { quote } from '#machinery/validation/field-error.ts';

/** The part of a path that names the target: `web`, `web:8080`, `https:web:admin`. */
export interface TargetName {
  readonly secure: boolean;
  readonly name: string;
  /** A number or a name; empty where none was given. */
  readonly port: string;
}

export interface Target {
  readonly secure: boolean;
  readonly address: string;
  readonly port: number;
}

export type TargetKind = 'pod' | 'service' | 'node';

/** Throws 400. */
export function targetNameOf(text: string, kind: TargetKind): TargetName {
  const parts = text.split(':');
  const [scheme, name, port] = parts.length === 3 ? parts : ['', ...parts];
  const isScheme = scheme === '' ? parts.length < 3 : scheme === 'http' || scheme === 'https';
  const isWhole = parts.length <= 3 && isScheme && Boolean(name);
  if (!isWhole) throw badRequestError(`invalid ${kind} request ${quote(text)}`);
  return { secure: scheme === 'https', name: name as string, port: port ?? '' };
}

/** Loopback, link-local, multicast, "any": none of them is an address of somebody else. */
const notGlobal = new BlockList();
notGlobal.addAddress('0.0.0.0');
notGlobal.addAddress('255.255.255.255');
notGlobal.addSubnet('127.0.0.0', 8);
notGlobal.addSubnet('169.254.0.0', 16);
notGlobal.addSubnet('224.0.0.0', 4);
notGlobal.addAddress('::', 'ipv6');
notGlobal.addAddress('::1', 'ipv6');
notGlobal.addSubnet('fe80::', 10, 'ipv6');
notGlobal.addSubnet('ff00::', 8, 'ipv6');

function isGlobal(address: string): boolean {
  // IPv4 within IPv6 (`::ffff:127.0.0.1`) is held against the rules of IPv4 by the list itself.
  return !notGlobal.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Throws 400 for what lies on the server's own machine or link, and for what is no address. */
export function checkAddress(address: string): string {
  if (isIP(address) === 0 || address.includes('%') || !isGlobal(address)) throw badRequestError('address not allowed');
  return address;
}

export function portNumber(text: string, secure: boolean): number {
  if (text === '') return secure ? 443 : 80;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) throw badRequestError(`invalid port ${quote(text)}`);
  return port;
}

/** The port asked for, else the first that a container of the Pod declares. */
export function podTarget({ secure, port }: TargetName, pod: Pod): Target {
  const declared = pod.spec?.containers?.find(each => (each.ports?.length ?? 0) > 0)?.ports?.[0]?.containerPort;
  const address = checkAddress(pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? '');
  return { secure, address, port: portNumber(port || String(declared ?? ''), secure) };
}

export interface ServiceFacts {
  readonly service: Service | undefined;
  readonly endpoints: Endpoints | undefined;
  readonly pod: (namespace: string, name: string) => Pod | undefined;
  /** From 0 to less than 1: where to begin looking. */
  readonly fraction: number;
}

/** A ready address behind the Service that belongs to a Pod of its namespace. Throws 404 and 503. */
export function serviceTarget(asked: TargetName, text: string, namespace: string, facts: ServiceFacts): Target {
  const portName = portNameOf(asked, facts.service);
  const missing = notFoundError({ group: '', resource: 'services' }, asked.name);
  if (facts.endpoints === undefined) throw missing;
  const subsets = facts.endpoints.subsets ?? [];
  if (subsets.length === 0) throw unavailable(`no endpoints available for service ${quote(asked.name)}`);
  for (const { addresses = [], ports = [] } of turned(subsets, facts.fraction)) {
    const port = ports.find(each => (each.name ?? '') === portName)?.port;
    if (port === undefined) continue;
    for (const { ip = '', targetRef } of turned(addresses, facts.fraction)) {
      if (targetRef?.name === undefined || targetRef.namespace !== namespace) continue;
      // An address that no Pod has would let whoever may write Endpoints reach anything (CVE-2021-25740).
      const pod = facts.pod(namespace, targetRef.name);
      if (!pod?.status?.podIPs?.some(each => each.ip === ip)) continue;
      return { secure: asked.secure, address: checkAddress(ip), port };
    }
  }
  throw unavailable(`no endpoints available for service ${quote(text)}`);
}

/** Endpoints know ports by name: a number is looked up in the Service. */
function portNameOf(asked: TargetName, service: Service | undefined): string {
  if (!/^[+-]?\d+$/.test(asked.port)) return asked.port;
  if (service === undefined) throw notFoundError({ group: '', resource: 'services' }, asked.name);
  const number = Number(asked.port);
  const found = service.spec?.ports?.find(each => each.port === number);
  if (found === undefined) throw unavailable(`no service port ${number} found for service ${quote(asked.name)}`);
  return found.name ?? '';
}

function turned<T>(list: readonly T[], fraction: number): readonly T[] {
  const start = Math.floor(fraction * list.length);
  return [...list.slice(start), ...list.slice(0, start)];
}

function unavailable(message: string): ApiError {
  return new ApiError('ServiceUnavailable', message);
}
