/** What drivers and the scheduler may say about a claim (upstream: pkg/apis/resource/validation, ValidateResourceClaimStatusUpdate). */

import { AllocationResult, type ResourceClaim } from '#api/resource/resource-claim.ts';
import { inspectNodeSelector } from '#apiserver/resources/core/pod-scheduling.ts';
import { immutableErrors } from '#apiserver/resources/immutable.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { addProblems } from '#apiserver/resources/messages.ts';
import {
  inspectConfiguration,
  inspectItems,
  inspectRequestName,
  partsMax,
  requestNames,
} from '#apiserver/resources/resource/claim-validation.ts';
import { inspectPoolName, inspectRawObject } from '#apiserver/resources/resource/device-names.ts';
import { inspectDriverName } from '#apiserver/resources/storage/driver-name.ts';
import type { AnyJson } from '#machinery/schema.ts';
import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from '#machinery/validation/field-error.ts';
import { checkDns1123Label } from '#machinery/validation/names.ts';

const reservedMax = 256;
const addressesMax = 16;
const interfaceNameBytesMax = 256;
const hardwareAddressBytesMax = 128;
const sources = ['FromClaim', 'FromClass'];

export function validateClaimStatus(claim: ResourceClaim, old: ResourceClaim): FieldError[] {
  const errors: FieldError[] = [];
  const status: AnyJson = claim.status ?? {};
  const before: AnyJson = old.status ?? {};
  inspectItems(status.reservedFor, 'status.reservedFor', errors, {
    max: reservedMax,
    item: inspectConsumer,
    key: ({ uid = '' }) => uid,
  });
  const isNew = ({ uid }: AnyJson) => !(before.reservedFor ?? []).some((each: AnyJson) => each.uid === uid);
  if (status.reservedFor?.length && status.allocation === undefined) {
    errors.push(forbidden('status.reservedFor', 'may not be specified when `allocated` is not set'));
  } else if (claim.metadata?.deletionTimestamp !== undefined && (status.reservedFor ?? []).some(isNew)) {
    const why = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set';
    errors.push(forbidden('status.reservedFor', why));
  }
  if (before.allocation !== undefined && status.allocation !== undefined) {
    const shown = internalJson(AllocationResult, status.allocation);
    errors.push(...immutableErrors('status.allocation', status.allocation, before.allocation, shown));
  } else if (status.allocation !== undefined) inspectAllocation(claim, status.allocation, errors);
  inspectDevices(status, before, errors);
  return errors;
}

function inspectConsumer({ resource, name, uid }: AnyJson, path: string, errors: FieldError[]): void {
  for (const [field, text] of Object.entries({ resource, name, uid })) {
    if (!text) errors.push(required(`${path}.${field}`));
  }
}

function inspectAllocation(claim: ResourceClaim, allocation: AnyJson, errors: FieldError[]): void {
  const names = requestNames(claim.spec);
  const path = 'status.allocation.devices';
  inspectItems(allocation.devices?.results, `${path}.results`, errors, {
    max: partsMax,
    item({ request = '', driver = '', pool = '', device = '' }, at) {
      inspectRequestName(names, request, `${at}.request`, errors);
      inspectDriverName(driver, `${at}.driver`, errors);
      inspectPoolName(pool, `${at}.pool`, errors);
      addProblems(errors, `${at}.device`, device, checkDns1123Label(device));
    },
  });
  inspectItems(allocation.devices?.config, `${path}.config`, errors, {
    max: 2 * partsMax,
    item(item, at) {
      const { source = '', requests } = item;
      if (source === '') errors.push(required(`${at}.source`));
      else if (!sources.includes(source)) errors.push(notSupported(`${at}.source`, source, sources));
      inspectItems(requests, `${at}.requests`, errors, {
        max: partsMax,
        item: (name, place) => inspectRequestName(names, name, place, errors),
        key: text => text,
      });
      inspectConfiguration(item, at, errors);
    },
  });
  if (allocation.nodeSelector) inspectNodeSelector(allocation.nodeSelector, 'status.allocation.nodeSelector', errors);
}

const idOf = ({ driver = '', pool = '', device = '', shareID }: AnyJson): string =>
  [driver, pool, device, ...(shareID === undefined ? [] : [shareID])].join('/');

/** Only what is new is looked at, and only devices that were given may be spoken of. */
function inspectDevices(status: AnyJson, before: AnyJson, errors: FieldError[]): void {
  const given = new Set((status.allocation?.devices?.results ?? []).map(idOf));
  const known = new Set((before.devices ?? []).map((each: AnyJson) => JSON.stringify(each)));
  inspectItems(status.devices, 'status.devices', errors, {
    max: Number.POSITIVE_INFINITY,
    item(device, at) {
      if (known.has(JSON.stringify(device))) return;
      inspectDriverName(device.driver ?? '', `${at}.driver`, errors);
      inspectPoolName(device.pool ?? '', `${at}.pool`, errors);
      addProblems(errors, `${at}.device`, device.device ?? '', checkDns1123Label(device.device ?? ''));
      if (!given.has(idOf(device))) {
        errors.push(invalid(at, idOf(device), 'must be an allocated device in the claim'));
      }
      inspectRawObject(device.data, `${at}.data`, false, errors);
      if (device.networkData) inspectNetworkData(device.networkData, `${at}.networkData`, errors);
    },
    key: idOf,
  });
}

function inspectNetworkData(data: AnyJson, path: string, errors: FieldError[]): void {
  const { interfaceName = '', hardwareAddress = '', ips } = data;
  if (Buffer.byteLength(interfaceName) > interfaceNameBytesMax) {
    errors.push(tooLong(`${path}.interfaceName`, interfaceNameBytesMax));
  }
  if (Buffer.byteLength(hardwareAddress) > hardwareAddressBytesMax) {
    errors.push(tooLong(`${path}.hardwareAddress`, hardwareAddressBytesMax));
  }
  inspectItems(ips, `${path}.ips`, errors, { max: addressesMax, item: () => {}, key: text => text });
}
