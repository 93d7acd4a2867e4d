/** EndpointSlices (upstream: registry/discovery/endpointslice). */

import { type Endpoint, type EndpointPort, type EndpointSlice, endpointSlices } from '#api/discovery/endpoint-slice.ts';
import { ageColumn, firstOf, nameColumn } from '#apiserver/resources/columns.ts';
import { inspectEndpointAddress } from '#apiserver/resources/core/endpoint-address.ts';
import { familyOf, protocols } from '#apiserver/resources/core/service-validation.ts';
import { addProblems, immutable, metadataAgain } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { validateFullyQualifiedDomainName, validateLegacyIp, warningsForIp } from '#machinery/validation/addresses.ts';
import {
  duplicate,
  type FieldError,
  type FieldErrors,
  invalid,
  notSupported,
  required,
  tooMany,
} from '#machinery/validation/field-error.ts';
import {
  checkDns1123Label,
  checkLabelValue,
  checkQualifiedName,
  nameIsDnsSubdomain,
} from '#machinery/validation/names.ts';

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const endpointsMax = 1000;
const addressesMax = 100;
const portsMax = 20_000;
const hintsMax = 8;

export const endpointSliceStrategy: Strategy<EndpointSlice> = {
  resource: endpointSlices,
  hasGeneration: true,
  wantedOf: ({ addressType, endpoints, ports, metadata }) => [addressType, endpoints, ports, metadata?.labels],
  prepareCreate: dropTopology,
  prepareUpdate: dropTopology,
  validateCreate: slice => validate(slice, undefined),
  validateUpdate: (slice, old) => [
    ...metadataAgain(slice.metadata, true),
    ...validate(slice, old),
    ...(slice.addressType === old.addressType ? [] : [invalid('addressType', slice.addressType ?? '', immutable)]),
  ],
  warnOnCreate: warnings,
  warnOnUpdate: (slice, old) => (slice.addressType === 'FQDN' && old.addressType === 'FQDN' ? [] : warnings(slice)),
  columns: [
    nameColumn,
    { name: 'AddressType', type: 'string', cell: ({ addressType }) => addressType ?? '' },
    {
      name: 'Ports',
      type: 'string',
      cell: ({ ports }) => (ports?.length ? firstOf(ports.map(printedPort)) : '<unset>'),
    },
    {
      name: 'Endpoints',
      type: 'string',
      cell: ({ endpoints }) =>
        endpoints?.length ? firstOf(endpoints.flatMap(({ addresses }) => addresses ?? [])) : '<unset>',
    },
    ageColumn,
  ],
};

const printedPort = ({ name, port }: EndpointPort): string => (port === undefined ? name || '*' : String(port));

/** It is of the version before; nodeName and zone stand for themselves now. */
function dropTopology(slice: EndpointSlice): void {
  for (const endpoint of slice.endpoints ?? []) delete endpoint.deprecatedTopology;
}

function validate(slice: EndpointSlice, old: EndpointSlice | undefined): FieldErrors {
  const { addressType = '', endpoints, ports } = slice;
  const errors: FieldError[] = [];
  if (addressType === '') errors.push(required('addressType'));
  else if (!addressTypes.includes(addressType)) errors.push(notSupported('addressType', addressType, addressTypes));
  const known = (old?.endpoints ?? []).flatMap(({ addresses }) => addresses ?? []);
  if ((endpoints ?? []).length > endpointsMax) errors.push(tooMany('endpoints', endpoints?.length ?? 0, endpointsMax));
  else {
    for (const [at, each] of (endpoints ?? []).entries()) {
      inspectEndpoint(each, old?.addressType ?? addressType, `endpoints[${at}]`, known, errors);
    }
  }
  inspectPorts(ports ?? [], errors);
  return errors;
}

function inspectEndpoint(
  endpoint: Endpoint,
  addressType: string,
  path: string,
  known: readonly string[],
  errors: FieldError[],
): void {
  const { hostname, nodeName, hints } = endpoint;
  const addresses = endpoint.addresses ?? [];
  if (addresses.length === 0) errors.push(required(`${path}.addresses`, 'must contain at least 1 address'));
  else if (addresses.length > addressesMax) errors.push(tooMany(`${path}.addresses`, addresses.length, addressesMax));
  else {
    for (const [at, address] of addresses.entries()) {
      inspectAddress(address, addressType, `${path}.addresses`, at, known, errors);
    }
  }
  if (nodeName !== undefined) addProblems(errors, `${path}.nodeName`, nodeName, nameIsDnsSubdomain(nodeName));
  if (hostname !== undefined) addProblems(errors, `${path}.hostname`, hostname, checkDns1123Label(hostname));
  inspectHints(hints?.forZones ?? [], `${path}.hints.forZones`, name => checkLabelValue(name), errors);
  inspectHints(hints?.forNodes ?? [], `${path}.hints.forNodes`, name => nameIsDnsSubdomain(name), errors);
}

function inspectAddress(
  address: string,
  addressType: string,
  path: string,
  at: number,
  known: readonly string[],
  errors: FieldError[],
): void {
  const own = `${path}[${at}]`;
  if (addressType === 'FQDN') {
    errors.push(...validateFullyQualifiedDomainName(own, address));
    return;
  }
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return;
  const malformed = validateLegacyIp(own, address, known);
  errors.push(...malformed);
  if (malformed.length > 0) return;
  if (familyOf(address) !== addressType) {
    errors.push(invalid(path, address, `must be an ${addressType} address`));
  }
  inspectEndpointAddress(address, own, errors);
}

function inspectHints(
  hints: readonly { readonly name?: string }[],
  path: string,
  check: (name: string) => readonly string[],
  errors: FieldError[],
): void {
  if (hints.length > hintsMax) {
    errors.push(tooMany(path, hints.length, hintsMax));
    return;
  }
  const names = new Set<string>();
  for (const [at, { name = '' }] of hints.entries()) {
    if (names.has(name)) errors.push(duplicate(`${path}[${at}].name`, name));
    names.add(name);
    addProblems(errors, `${path}[${at}].name`, name, check(name));
  }
}

function inspectPorts(ports: readonly EndpointPort[], errors: FieldError[]): void {
  if (ports.length > portsMax) {
    errors.push(tooMany('ports', ports.length, portsMax));
    return;
  }
  const names = new Set<string>();
  for (const [at, { name = '', protocol, appProtocol }] of ports.entries()) {
    const path = `ports[${at}]`;
    if (name !== '') addProblems(errors, `${path}.name`, name, checkDns1123Label(name));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    if (protocol === undefined) errors.push(required(`${path}.protocol`));
    else if (!protocols.includes(protocol)) errors.push(notSupported(`${path}.protocol`, protocol, protocols));
    if (appProtocol !== undefined) {
      addProblems(errors, `${path}.appProtocol`, appProtocol, checkQualifiedName(appProtocol));
    }
  }
}

function warnings({ addressType, endpoints }: EndpointSlice): readonly string[] {
  if (addressType === 'FQDN') return ['spec.addressType: FQDN endpoints are deprecated'];
  return (endpoints ?? []).flatMap(({ addresses }, at) =>
    (addresses ?? []).flatMap((address, index) => warningsForIp(`endpoints[${at}].addresses[${index}]`, address)),
  );
}
