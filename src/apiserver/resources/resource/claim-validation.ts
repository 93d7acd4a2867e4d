/** What a claim may ask for (upstream: pkg/apis/resource/validation). Expressions of selectors are not compiled here. */

import type { ResourceClaimSpec } from '#api/resource/device.ts';
import { addProblems } from '#apiserver/resources/messages.ts';
import { inspectFullName, inspectRawObject, inspectToleration } from '#apiserver/resources/resource/device-names.ts';
import { inspectDriverName } from '#apiserver/resources/storage/driver-name.ts';
import type { AnyJson } from '#machinery/schema.ts';
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooMany,
} from '#machinery/validation/field-error.ts';
import { checkDns1123Label, checkDns1123Subdomain } from '#machinery/validation/names.ts';

/** Requests, constraints, configurations, selectors: of each at most this many. */
export const partsMax = 32;
const subRequestsMax = 8;
const tolerationsMax = 16;
const oneOfRequest = 'exactly one of `exactly` or `firstAvailable` is required';
const oneOfConstraint =
  'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
const notARequest =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

export type InspectItem = (item: AnyJson, path: string, errors: FieldError[]) => void;

/** At most so many, each held against its rules, none twice by its key. */
export function inspectItems(
  items: readonly AnyJson[] | null | undefined,
  path: string,
  errors: FieldError[],
  rules: { max: number; item: InspectItem; key?: (item: AnyJson) => string },
): void {
  const seen = new Set<string>();
  for (const [at, item] of (items ?? []).entries()) {
    const own = `${path}[${at}]`;
    rules.item(item, own, errors);
    if (rules.key === undefined) continue;
    const key = rules.key(item);
    if (seen.has(key)) errors.push(duplicate(own, key));
    seen.add(key);
  }
  if ((items?.length ?? 0) > rules.max) errors.push(tooMany(path, items?.length ?? 0, rules.max));
}

const nameOf = ({ name = '' }: AnyJson): string => name;
const itself = (text: string): string => text;

export function inspectClaimSpec(spec: ResourceClaimSpec | undefined, path: string, errors: FieldError[]): void {
  const { requests, constraints, config }: AnyJson = spec?.devices ?? {};
  const names = requestNames(spec);
  const own = `${path}.devices`;
  inspectItems(requests, `${own}.requests`, errors, { max: partsMax, item: inspectRequest, key: nameOf });
  inspectItems(constraints, `${own}.constraints`, errors, { max: partsMax, item: inspectConstraint(names) });
  inspectItems(config, `${own}.config`, errors, {
    max: partsMax,
    item(item, at) {
      inspectRequestNames(names, item.requests, `${at}.requests`, errors);
      inspectConfiguration(item, at, errors);
    },
  });
}

/** `gpu`, and of a request with several ways to meet it also `gpu/big`. */
export function requestNames(spec: ResourceClaimSpec | undefined): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { name = '', firstAvailable } of (spec?.devices?.requests ?? []) as AnyJson[]) {
    names.add(name);
    for (const each of firstAvailable ?? []) names.add(`${name}/${each.name ?? ''}`);
  }
  return names;
}

function inspectRequest(request: AnyJson, path: string, errors: FieldError[]): void {
  const { exactly, firstAvailable = [] } = request;
  addProblems(errors, `${path}.name`, nameOf(request), checkDns1123Label(nameOf(request)));
  if (exactly === undefined && firstAvailable.length === 0) errors.push(required(path, oneOfRequest));
  else if (exactly !== undefined && firstAvailable.length > 0) {
    errors.push(invalid(path, null, `${oneOfRequest}, but multiple fields are set`));
  }
  if (exactly !== undefined) inspectWanted(exactly, `${path}.exactly`, errors);
  inspectItems(firstAvailable, `${path}.firstAvailable`, errors, {
    max: subRequestsMax,
    item(each, at) {
      addProblems(errors, `${at}.name`, nameOf(each), checkDns1123Label(nameOf(each)));
      inspectWanted(each, at, errors);
    },
    key: nameOf,
  });
}

export function inspectSelectors(selectors: readonly AnyJson[] | undefined, path: string, errors: FieldError[]): void {
  inspectItems(selectors, path, errors, {
    max: partsMax,
    item: ({ cel }, at) => {
      if (cel === undefined) errors.push(required(`${at}.cel`));
    },
  });
}

function inspectWanted(request: AnyJson, path: string, errors: FieldError[]): void {
  const { deviceClassName = '', allocationMode, count = 0, selectors, tolerations } = request;
  if (deviceClassName === '') errors.push(required(`${path}.deviceClassName`));
  else addProblems(errors, `${path}.deviceClassName`, deviceClassName, checkDns1123Subdomain(deviceClassName));
  inspectSelectors(selectors, `${path}.selectors`, errors);
  if (allocationMode === 'All') {
    if (count !== 0) errors.push(invalid(`${path}.count`, count, "must not be specified when allocationMode is 'All'"));
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) errors.push(invalid(`${path}.count`, count, 'must be greater than zero'));
  } else errors.push(notSupported(`${path}.allocationMode`, allocationMode ?? '', ['All', 'ExactCount']));
  inspectItems(tolerations, `${path}.tolerations`, errors, { max: tolerationsMax, item: inspectToleration });
}

function inspectConstraint(names: ReadonlySet<string>): InspectItem {
  return ({ requests, matchAttribute, distinctAttribute }, path, errors) => {
    inspectRequestNames(names, requests, `${path}.requests`, errors);
    if (matchAttribute !== undefined && distinctAttribute !== undefined) {
      errors.push(invalid(path, null, oneOfConstraint));
    } else if (matchAttribute !== undefined) inspectFullName(matchAttribute, `${path}.matchAttribute`, errors);
    else if (distinctAttribute !== undefined) inspectFullName(distinctAttribute, `${path}.distinctAttribute`, errors);
    else errors.push(required(path, oneOfConstraint));
  };
}

function inspectRequestNames(
  names: ReadonlySet<string>,
  given: readonly string[] | undefined,
  path: string,
  errors: FieldError[],
): void {
  inspectItems(given, path, errors, {
    max: partsMax,
    item: (name, at) => inspectRequestName(names, name, at, errors),
    key: itself,
  });
}

/** A reference to a request of the claim. */
export function inspectRequestName(names: ReadonlySet<string>, name: string, path: string, errors: FieldError[]): void {
  const parts = name.split('/');
  if (parts.length <= 2) for (const part of parts) addProblems(errors, path, part, checkDns1123Label(part));
  if (!names.has(name)) errors.push(invalid(path, name, notARequest));
}

/** What is handed to a driver as it is. */
export function inspectConfiguration({ opaque }: AnyJson, path: string, errors: FieldError[]): void {
  const own = `${path}.opaque`;
  if (opaque === undefined) {
    errors.push(required(own));
    return;
  }
  inspectDriverName(opaque.driver ?? '', `${own}.driver`, errors);
  inspectRawObject(opaque.parameters, `${own}.parameters`, true, errors);
}
