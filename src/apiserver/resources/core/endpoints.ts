/** Endpoints (upstream: registry/core/endpoint). */

import {
  type EndpointAddress,
  type EndpointPort,
  type EndpointSubset,
  type Endpoints,
  endpoints,
} from '#api/core/endpoints.ts';
import { ageColumn, firstOf, nameColumn, shownItemsMax } from '#apiserver/resources/columns.ts';
import { inspectEndpointAddress } from '#apiserver/resources/core/endpoint-address.ts';
import { protocols } from '#apiserver/resources/core/service-validation.ts';
import { addProblems, metadataAgain } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { validateLegacyIp, warningsForIp } from '#machinery/validation/addresses.ts';
import { type FieldError, type FieldErrors, notSupported, required } from '#machinery/validation/field-error.ts';
import {
  checkDns1123Label,
  checkPortNumber,
  checkQualifiedName,
  nameIsDnsSubdomain,
} from '#machinery/validation/names.ts';

export const endpointsStrategy: Strategy<Endpoints> = {
  resource: endpoints,
  allowCreateOnUpdate: true,
  validateCreate: object => validate(object, undefined),
  validateUpdate: (object, old) => [...metadataAgain(object.metadata, true), ...validate(object, old)],
  warnOnCreate: warnings,
  warnOnUpdate: warnings,
  columns: [
    nameColumn,
    {
      name: 'Endpoints',
      type: 'string',
      cell: ({ subsets = [] }) => (subsets.length === 0 ? '<none>' : printedSubsets(subsets)),
    },
    ageColumn,
  ],
};

/** Every port of every address would be millions: the first ones are written, the others counted. */
function printedSubsets(subsets: readonly EndpointSubset[]): string {
  const first = subsets
    .filter(subset => pairsCount(subset) > 0)
    .slice(0, shownItemsMax)
    .flatMap(printedSubset);
  return firstOf(
    first,
    subsets.reduce((sum, subset) => sum + pairsCount(subset), 0),
  );
}

function printedSubset({ addresses = [], ports = [] }: EndpointSubset): string[] {
  const shown = addresses.slice(0, shownItemsMax);
  if (ports.length === 0) return shown.map(({ ip }) => ip);
  return ports
    .slice(0, shownItemsMax)
    .flatMap(({ port }) => shown.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)));
}

function pairsCount({ addresses = [], ports = [] }: EndpointSubset): number {
  return addresses.length * Math.max(1, ports.length);
}

const allAddresses = (object: Endpoints | undefined): readonly EndpointAddress[] =>
  (object?.subsets ?? []).flatMap(subset => [...(subset.addresses ?? []), ...(subset.notReadyAddresses ?? [])]);

function validate(object: Endpoints, old: Endpoints | undefined): FieldErrors {
  const known = allAddresses(old).map(({ ip }) => ip);
  const errors: FieldError[] = [];
  for (const [at, subset] of (object.subsets ?? []).entries()) {
    const path = `subsets[${at}]`;
    const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
    if (addresses.length + notReadyAddresses.length === 0) {
      errors.push(required(path, 'must specify `addresses` or `notReadyAddresses`'));
    }
    for (const [index, each] of addresses.entries()) inspectAddress(each, `${path}.addresses[${index}]`, known, errors);
    for (const [index, each] of notReadyAddresses.entries()) {
      inspectAddress(each, `${path}.notReadyAddresses[${index}]`, known, errors);
    }
    for (const [index, each] of ports.entries()) {
      inspectPort(each, ports.length > 1, `${path}.ports[${index}]`, errors);
    }
  }
  return errors;
}

function inspectAddress(address: EndpointAddress, path: string, known: readonly string[], errors: FieldError[]): void {
  const { ip = '', hostname = '', nodeName } = address;
  errors.push(...validateLegacyIp(`${path}.ip`, ip, known));
  if (hostname !== '') addProblems(errors, `${path}.hostname`, hostname, checkDns1123Label(hostname));
  if (nodeName !== undefined) addProblems(errors, `${path}.nodeName`, nodeName, nameIsDnsSubdomain(nodeName));
  inspectEndpointAddress(ip, `${path}.ip`, errors);
}

function inspectPort(port: EndpointPort, needsName: boolean, path: string, errors: FieldError[]): void {
  const { name = '', protocol = '', appProtocol } = port;
  if (name !== '') addProblems(errors, `${path}.name`, name, checkDns1123Label(name));
  else if (needsName) errors.push(required(`${path}.name`));
  addProblems(errors, `${path}.port`, port.port, checkPortNumber(port.port));
  if (protocol === '') errors.push(required(`${path}.protocol`));
  else if (!protocols.includes(protocol)) errors.push(notSupported(`${path}.protocol`, protocol, protocols));
  if (appProtocol !== undefined) {
    addProblems(errors, `${path}.appProtocol`, appProtocol, checkQualifiedName(appProtocol));
  }
}

function warnings(object: Endpoints): readonly string[] {
  return (object.subsets ?? []).flatMap((subset, at) =>
    (['addresses', 'notReadyAddresses'] as const).flatMap(field =>
      (subset[field] ?? []).flatMap(({ ip }, index) => warningsForIp(`subsets[${at}].${field}[${index}].ip`, ip)),
    ),
  );
}
