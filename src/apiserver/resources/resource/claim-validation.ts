/** What a claim may ask for. Expressions of selectors are not compiled here. */

import type { ResourceClaimSpec } from '#api/resource/device.ts';
import { addProblems } from '#apiserver/resources/messages.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { duplicate, type FieldError, invalid, notSupported, required } from '#machinery/validation/field-error.ts';
import { checkDns1123Label, checkDns1123Subdomain } from '#machinery/validation/names.ts';

export function inspectClaimSpec(spec: ResourceClaimSpec | undefined, path: string, errors: FieldError[]): void {
  const devices: AnyJson = spec?.devices ?? {};
  const names = new Set<string>();
  for (const [at, request] of (devices.requests ?? []).entries()) {
    const own = `${path}.devices.requests[${at}]`;
    inspectName(request.name ?? '', own, names, errors);
    const { exactly, firstAvailable = [] } = request;
    if (exactly === undefined && firstAvailable.length === 0) {
      errors.push(required(own, 'exactly one of `exactly` or `firstAvailable` is required'));
    } else if (exactly !== undefined && firstAvailable.length > 0) {
      errors.push(
        invalid(own, null, 'exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set'),
      );
    }
    if (exactly !== undefined) inspectRequest(exactly, `${own}.exactly`, errors);
    const inner = new Set<string>();
    for (const [index, each] of firstAvailable.entries()) {
      const place = `${own}.firstAvailable[${index}]`;
      inspectName(each.name ?? '', place, inner, errors);
      inspectRequest(each, place, errors);
    }
  }
  inspectConfigurations(devices.config ?? [], `${path}.devices.config`, errors);
}

function inspectName(name: string, path: string, seen: Set<string>, errors: FieldError[]): void {
  addProblems(errors, `${path}.name`, name, checkDns1123Label(name));
  if (seen.has(name)) errors.push(duplicate(path, name));
  seen.add(name);
}

export function inspectSelectors(selectors: readonly AnyJson[], path: string, errors: FieldError[]): void {
  for (const [at, { cel }] of selectors.entries()) {
    if (cel === undefined) errors.push(required(`${path}[${at}].cel`));
  }
}

function inspectRequest(request: AnyJson, path: string, errors: FieldError[]): void {
  const { deviceClassName = '', allocationMode, count = 0, selectors = [] } = request;
  if (deviceClassName === '') errors.push(required(`${path}.deviceClassName`));
  else addProblems(errors, `${path}.deviceClassName`, deviceClassName, checkDns1123Subdomain(deviceClassName));
  inspectSelectors(selectors, `${path}.selectors`, errors);
  if (allocationMode === 'All') {
    if (count !== 0) errors.push(invalid(`${path}.count`, count, "must not be specified when allocationMode is 'All'"));
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) errors.push(invalid(`${path}.count`, count, 'must be greater than zero'));
  } else errors.push(notSupported(`${path}.allocationMode`, allocationMode ?? '', ['All', 'ExactCount']));
}

/** What is handed to a driver as it is. */
export function inspectConfigurations(configurations: readonly AnyJson[], path: string, errors: FieldError[]): void {
  for (const [at, { opaque }] of configurations.entries()) {
    const own = `${path}[${at}].opaque`;
    if (opaque === undefined) {
      errors.push(required(own));
      continue;
    }
    if (!opaque.driver) errors.push(required(`${own}.driver`));
    else addProblems(errors, `${own}.driver`, opaque.driver, checkDns1123Subdomain(opaque.driver.toLowerCase()));
    if (opaque.parameters === undefined || opaque.parameters === null) errors.push(required(`${own}.parameters`));
    else if (typeof opaque.parameters !== 'object') {
      errors.push(invalid(`${own}.parameters`, '<value omitted>', 'must be a valid JSON object'));
    }
  }
}
