/** Where a probe or a hook goes: addresses and ports of a container. Pure. */

import type { Container } from '#api/core/container.ts';
import type { HTTPGetAction } from '#api/core/probe.ts';

/** A port by number or by the name that the container gave it. */
export function portNumber(port: number | string, container: Container): number {
  const number =
    typeof port === 'number'
      ? port
      : (container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port));
  if (!Number.isInteger(number)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`);
  if (number <= 0 || number > 65_535) throw new Error(`invalid port number: ${number}`);
  return number;
}

export interface HttpTarget {
  scheme: 'http' | 'https';
  host: string;
  port: number;
  /** With its query. */
  path: string;
  headers: readonly { name: string; value: string }[];
}

export function httpTarget(action: HTTPGetAction, container: Container, podIp: string): HttpTarget {
  const path = action.path ?? '';
  return {
    scheme: action.scheme?.toLowerCase() === 'https' ? 'https' : 'http',
    host: action.host || podIp,
    port: portNumber(action.port, container),
    path: path.startsWith('/') ? path : `/${path}`,
    headers: action.httpHeaders ?? [],
  };
}
