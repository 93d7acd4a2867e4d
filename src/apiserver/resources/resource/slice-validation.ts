/** What a driver may publish of its devices (upstream: pkg/apis/resource/validation, ValidateResourceSlice). */

import { NodeSelector } from '#api/core/scheduling.ts';
import { DeviceAttribute, type ResourceSliceSpec } from '#api/resource/resource-slice.ts';
import { inspectNodeSelector } from '#apiserver/resources/core/pod-scheduling.ts';
import { immutableErrors } from '#apiserver/resources/immutable.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { addProblems } from '#apiserver/resources/messages.ts';
import { inspectPoolName, inspectQualifiedName, inspectTaint } from '#apiserver/resources/resource/device-names.ts';
import { inspectDriverName } from '#apiserver/resources/storage/driver-name.ts';
import type { AnyJson } from '#machinery/schema.ts';
import {
  duplicate,
  type FieldError,
  invalid,
  invalidShown,
  required,
  tooLong,
  tooMany,
} from '#machinery/validation/field-error.ts';
import { checkDns1123Label, nameIsDnsSubdomain } from '#machinery/validation/names.ts';

const devicesMax = 128;
const attributeBytesMax = 64;
const attributesMax = 32;
const taintsMax = 16;
const nodeChoices = ['nodeName', 'nodeSelector', 'allNodes', 'perDeviceNodeSelection'] as const;
const semanticVersion =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-((0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(\+([0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*))?$/;

export function validateSliceSpec(spec: ResourceSliceSpec | undefined, old?: ResourceSliceSpec): FieldError[] {
  const errors: FieldError[] = [];
  inspectDriverName(spec?.driver ?? '', 'spec.driver', errors);
  inspectPool(spec?.pool, errors);
  if (old !== undefined) {
    errors.push(
      ...immutableErrors('spec.pool.name', spec?.pool?.name ?? '', old.pool?.name ?? ''),
      ...immutableErrors('spec.driver', spec?.driver ?? '', old.driver ?? ''),
      ...immutableErrors('spec.nodeName', spec?.nodeName, old.nodeName),
    );
  }
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
  inspectPoolName(pool?.name ?? '', 'spec.pool.name', errors);
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
      const shown = internalJson(NodeSelector.fields.nodeSelectorTerms.schema, terms);
      const why = 'must have exactly one node selector term';
      errors.push(invalidShown('spec.nodeSelector.nodeSelectorTerms', shown, why));
    }
  }
  for (const choice of ['allNodes', 'perDeviceNodeSelection'] as const) {
    if (spec?.[choice] === false) errors.push(invalid(`spec.${choice}`, false, 'must be either unset or set to true'));
  }
  if (spec?.nodeName === '') {
    errors.push(invalid('spec.nodeName', '', 'must be either unset or set to a non-empty string'));
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
  if (taints.length > taintsMax) errors.push(tooMany(`${path}.taints`, taints.length, taintsMax));
  for (const [at, taint] of taints.entries()) inspectTaint(taint, `${path}.taints[${at}]`, errors);
}

function inspectAttribute(value: AnyJson, path: string, errors: FieldError[]): void {
  const { string: text, version } = value;
  const given = Object.keys(value).length;
  if (given === 0) errors.push(invalid(path, '', 'exactly one value must be specified'));
  if (given > 1) {
    errors.push(invalidShown(path, internalJson(DeviceAttribute, value), 'exactly one value must be specified'));
  }
  if (text !== undefined && Buffer.byteLength(text) > attributeBytesMax) {
    errors.push(tooLong(`${path}.string`, attributeBytesMax));
  }
  if (version === undefined) return;
  if (!semanticVersion.test(version)) {
    errors.push(invalid(`${path}.version`, version, 'must be a string compatible with semver.org spec 2.0.0'));
  }
  if (Buffer.byteLength(version) > attributeBytesMax) errors.push(tooLong(`${path}.version`, attributeBytesMax));
}
