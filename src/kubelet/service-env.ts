/** The variables that tell a container of Services, as Docker's links did. Pure. */

import type { Service } from '#api/core/service.ts';

/** The Service through which Pods reach the API server. Every Pod is told of it. */
const masterNamespace = 'default';
const masterName = 'kubernetes';

export function serviceEnvironment(
  services: readonly Service[],
  namespace: string,
  links: boolean,
): Map<string, string> {
  const variables = new Map<string, string>();
  for (const service of services) {
    const isMaster = service.metadata?.namespace === masterNamespace && service.metadata.name === masterName;
    const isLinked = links && service.metadata?.namespace === namespace;
    if (hasAddress(service) && (isMaster || isLinked)) addService(variables, service);
  }
  return variables;
}

function hasAddress({ spec }: Service): boolean {
  return (
    spec?.type !== 'ExternalName' && spec?.clusterIP !== undefined && spec.clusterIP !== '' && spec.clusterIP !== 'None'
  );
}

function addService(variables: Map<string, string>, { metadata, spec }: Service): void {
  const name = variableName(metadata?.name ?? '');
  const ip = spec?.clusterIP ?? '';
  const ports = spec?.ports ?? [];
  const [first] = ports;
  if (first === undefined) return;
  const url = (protocol: string, port: number) => `${protocol}://${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
  variables.set(`${name}_SERVICE_HOST`, ip);
  variables.set(`${name}_SERVICE_PORT`, String(first.port));
  for (const port of ports) {
    if (port.name) variables.set(`${name}_SERVICE_PORT_${variableName(port.name)}`, String(port.port));
  }
  for (const [index, { port, protocol = 'TCP' }] of ports.entries()) {
    const lower = protocol.toLowerCase();
    const prefix = `${name}_PORT_${port}_${protocol.toUpperCase()}`;
    if (index === 0) variables.set(`${name}_PORT`, url(lower, port));
    variables.set(prefix, url(lower, port));
    variables.set(`${prefix}_PROTO`, lower);
    variables.set(`${prefix}_PORT`, String(port));
    variables.set(`${prefix}_ADDR`, ip);
  }
}

const variableName = (name: string): string => name.toUpperCase().replaceAll('-', '_');
