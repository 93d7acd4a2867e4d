/** How drivers, attributes and what is handed to a driver are named (upstream: pkg/apis/resource/validation). */

import { addProblems } from '#apiserver/resources/messages.ts';
import { inspectDriverName } from '#apiserver/resources/storage/driver-name.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { type FieldError, invalid, notSupported, required, tooLong } from '#machinery/validation/field-error.ts';
import { checkCIdentifier, checkDns1123Subdomain, checkLabelValue } from '#machinery/validation/names.ts';
import { validateLabelName } from '#machinery/validation/object-meta.ts';

const identifierBytesMax = 32;
const poolBytesMax = 253;
export const parametersBytesMax = 10 * 1024;
export const taintEffects = ['NoExecute', 'NoSchedule', 'None'];
const omitted = '<value omitted>';

/** `driverVersion`, or with a domain in front `gpu.example.com/driverVersion`. With two slashes upstream looks no closer. */
export function inspectQualifiedName(name: string, path: string, errors: FieldError[]): void {
  const parts = name.split('/');
  if (parts.length > 2) return;
  const [domain, identifier] = parts.length === 2 ? (parts as [string, string]) : [undefined, name];
  if (domain === '') errors.push(required(path, 'the domain must not be empty'));
  else if (domain !== undefined) inspectDriverName(domain, path, errors);
  if (domain !== undefined && identifier === '') errors.push(required(path, 'the name must not be empty'));
  else inspectIdentifier(identifier, path, errors);
}

function inspectIdentifier(name: string, path: string, errors: FieldError[]): void {
  if (name.length > identifierBytesMax) errors.push(tooLong(path, identifierBytesMax));
  addProblems(errors, path, name, checkCIdentifier(name));
}

/** An attribute of another driver's devices may be meant, so the domain is needed. */
export function inspectFullName(name: string, path: string, errors: FieldError[]): void {
  inspectQualifiedName(name, path, errors);
  if (name.includes('/')) return;
  errors.push(invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash'));
}

export function inspectPoolName(name: string, path: string, errors: FieldError[]): void {
  if (name === '') {
    errors.push(required(path));
    return;
  }
  if (Buffer.byteLength(name) > poolBytesMax) errors.push(tooLong(path, poolBytesMax));
  for (const part of name.split('/')) addProblems(errors, path, part, checkDns1123Subdomain(part));
}

/** What only a driver understands: an object of JSON. */
export function inspectRawObject(value: AnyJson, path: string, isRequired: boolean, errors: FieldError[]): void {
  if (value === undefined || value === null) {
    if (isRequired) errors.push(required(path));
    return;
  }
  if (Buffer.byteLength(JSON.stringify(value)) > parametersBytesMax) errors.push(tooLong(path, parametersBytesMax));
  else if (typeof value !== 'object' || Array.isArray(value)) {
    errors.push(invalid(path, omitted, 'must be a valid JSON object'));
  }
}

export function inspectTaint({ key = '', value = '', effect = '' }: AnyJson, path: string, errors: FieldError[]): void {
  errors.push(...validateLabelName(key, `${path}.key`));
  if (value !== '') addProblems(errors, `${path}.value`, value, checkLabelValue(value));
  if (effect === '') errors.push(required(`${path}.effect`));
  else if (!taintEffects.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, taintEffects));
}

export function inspectToleration(toleration: AnyJson, path: string, errors: FieldError[]): void {
  const { key = '', operator = '', value = '', effect = '' } = toleration;
  if (key !== '') errors.push(...validateLabelName(key, `${path}.key`));
  if (operator === 'Exists') {
    if (value !== '') errors.push(invalid(`${path}.value`, value, 'must be empty for operator `Exists`'));
  } else if (operator === 'Equal') addProblems(errors, `${path}.value`, value, checkLabelValue(value));
  else if (operator === '') errors.push(required(`${path}.operator`));
  else errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']));
  if (effect !== '' && !taintEffects.includes(effect)) {
    errors.push(notSupported(`${path}.effect`, effect, taintEffects));
  }
}
