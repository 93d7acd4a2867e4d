/** What a driver may publish of its devices (upstream: pkg/apis/resource/validation, ValidateResourceSlice). */

import type { ResourceSliceSpec } from '#api/resource/resource-slice.ts';
import { inspectNodeSelector } from '#apiserver/resources/core/pod-scheduling.ts';
import { addProblems } from '#apiserver/resources/messages.ts';
import { inspectDriverName } from '#apiserver/resources/storage/driver-name.ts';
import type { AnyJson } from '#machinery/schema.ts';
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '#machinery/validation/field-error.ts';
import {
  checkCIdentifier,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
  nameIsDnsSubdomain,
} from '#machinery/validation/names.ts';
import { validateLabelName } from '#machinery/validation/object-meta.ts';

const devicesMax = 128;
const poolBytesMax = 253;
const identifierBytesMax = 32;
const attributeBytesMax = 64;
const attributesMax = 32;
const taintEffects = ['NoExecute', 'NoSchedule', 'None'];
const nodeChoices = ['nodeName', 'nodeSelector', 'allNodes', 'perDeviceNodeSelection'] as const;
const semanticVersion =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-((0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(\+([0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*))?$/;

export function validateSliceSpec(spec: ResourceSliceSpec | undefined): FieldError[] {
  const errors: FieldError[] = [];
  inspectDriverName(spec?.driver ?? '', 'spec.driver', errors);
  inspectPool(spec?.pool, errors);
  inspectNodes(spec, errors);
  const devices = spec?.devices ?? [];
  if (devices.length > devicesMax) errors.push(tooMany('spec.devices', devices.length, devicesMax));
  const names = new Set<string>();
  for (const [at, device] of devices.entries()) {
    const path = `spec.devices[${at}]`;
    const { name = '' } = device;
    addProblems(errors, `${path}.name`, name, checkDns1123Label(name));
    if (names.has(name)) errors.push(duplicate(path, name));
    names.add(name);
    inspectDevice(device, path, errors);
  }
  return errors;
}

function inspectPool(pool: ResourceSliceSpec['pool'] | undefined, errors: FieldError[]): void {
  const name = pool?.name ?? '';
  if (name === '') errors.push(required('spec.pool.name'));
  else {
    if (Buffer.byteLength(name) > poolBytesMax) errors.push(tooLong('spec.pool.name', poolBytesMax));
    for (const part of name.split('/')) addProblems(errors, 'spec.pool.name', part, checkDns1123Subdomain(part));
  }
  const count = Number(pool?.resourceSliceCount ?? 0);
  if (count <= 0) errors.push(invalid('spec.pool.resourceSliceCount', count, 'must be greater than zero'));
  const generation = Number(pool?.generation ?? 0);
  if (generation < 0) errors.push(invalid('spec.pool.generation', generation, 'must be greater than or equal to zero'));
}

function inspectNodes(spec: ResourceSliceSpec | undefined, errors: FieldError[]): void {
  const given = nodeChoices.filter(choice => Boolean(spec?.[choice]));
  const list = nodeChoices.map(choice => `\`${choice}\``).join(', ');
  if (spec?.nodeName) addProblems(errors, 'spec.nodeName', spec.nodeName, nameIsDnsSubdomain(spec.nodeName));
  if (spec?.nodeSelector) {
    inspectNodeSelector(spec.nodeSelector, 'spec.nodeSelector', errors);
    const terms = spec.nodeSelector.nodeSelectorTerms as AnyJson;
    if (terms?.length !== 1) {
      errors.push(invalid('spec.nodeSelector.nodeSelectorTerms', terms, 'must have exactly one node selector term'));
    }
  }
  if (given.length === 0) errors.push(required('spec', `exactly one of ${list} is required`));
  else if (given.length > 1) {
    const shown = `{${given.map(choice => `\`${choice}\``).join(', ')}}`;
    errors.push(invalid('spec', shown, `exactly one of ${list} is required, but multiple fields are set`));
  }
}

function inspectDevice(device: AnyJson, path: string, errors: FieldError[]): void {
  const { attributes = {}, capacity = {}, taints = [] } = device;
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > attributesMax) {
    const why = `the total number of attributes and capacities must not exceed ${attributesMax}`;
    errors.push(invalid(path, count, why));
  }
  for (const [key, value] of Object.entries(attributes)) {
    inspectQualifiedName(key, `${path}.attributes`, errors);
    inspectAttribute(value as AnyJson, `${path}.attributes[${key}]`, errors);
  }
  for (const key of Object.keys(capacity)) inspectQualifiedName(key, `${path}.capacity`, errors);
  for (const [at, { key = '', value = '', effect = '' }] of taints.entries()) {
    const own = `${path}.taints[${at}]`;
    errors.push(...validateLabelName(key, `${own}.key`));
    if (value !== '') addProblems(errors, `${own}.value`, value, checkLabelValue(value));
    if (effect === '') errors.push(required(`${own}.effect`));
    else if (!taintEffects.includes(effect)) errors.push(notSupported(`${own}.effect`, effect, taintEffects));
  }
}

/** `driverVersion`; what has a domain in front, as `gpu.example.com/driverVersion`, upstream takes as it is. */
function inspectQualifiedName(name: string, path: string, errors: FieldError[]): void {
  if (name.includes('/')) return;
  if (name.length > identifierBytesMax) errors.push(tooLong(path, identifierBytesMax));
  addProblems(errors, path, name, checkCIdentifier(name));
}

function inspectAttribute(value: AnyJson, path: string, errors: FieldError[]): void {
  const { string: text, version } = value;
  const given = Object.keys(value).length;
  if (given === 0) errors.push(invalid(path, '', 'exactly one value must be specified'));
  if (text !== undefined && Buffer.byteLength(text) > attributeBytesMax) {
    errors.push(tooLong(`${path}.string`, attributeBytesMax));
  }
  if (version === undefined) return;
  if (!semanticVersion.test(version)) {
    errors.push(invalid(`${path}.version`, version, 'must be a string compatible with semver.org spec 2.0.0'));
  }
  if (Buffer.byteLength(version) > attributeBytesMax) errors.push(tooLong(`${path}.version`, attributeBytesMax));
}
