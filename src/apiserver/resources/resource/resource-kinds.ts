/** The kinds of dynamic resource allocation: what prepares and prints them (upstream: registry/resource). */

import { ResourceClaimSpec } from '#api/resource/device.ts';
import { type DeviceClass, deviceClasses } from '#api/resource/device-class.ts';
import { type ResourceClaim, resourceClaims } from '#api/resource/resource-claim.ts';
import {
  type ResourceClaimTemplate,
  ResourceClaimTemplateSpec,
  resourceClaimTemplates,
} from '#api/resource/resource-claim-template.ts';
import { type ResourceSlice, type ResourceSliceSpec, resourceSlices } from '#api/resource/resource-slice.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { isExtendedName } from '#apiserver/resources/core/pod-resources.ts';
import { immutableErrors } from '#apiserver/resources/immutable.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { metadataAgain } from '#apiserver/resources/messages.ts';
import { validateClaimStatus } from '#apiserver/resources/resource/claim-status-validation.ts';
import {
  inspectClaimSpec,
  inspectConfiguration,
  inspectItems,
  inspectSelectors,
  partsMax,
} from '#apiserver/resources/resource/claim-validation.ts';
import { validateSliceSpec } from '#apiserver/resources/resource/slice-validation.ts';
import { keepStatus, resetsWithLabels, statusRules } from '#apiserver/resources/status-subresource.ts';
import type { RequestContext, Strategy } from '#apiserver/resources/strategy.ts';
import { rfc3339 } from '#lib/clock.ts';
import { clusterFieldsOf } from '#machinery/selector/field-selector.ts';
import { type FieldError, type FieldErrors, invalid } from '#machinery/validation/field-error.ts';
import { checkDns1123Subdomain } from '#machinery/validation/names.ts';
import { validateAnnotations, validateLabels } from '#machinery/validation/object-meta.ts';

export const deviceClassStrategy: Strategy<DeviceClass> = {
  resource: deviceClasses,
  hasGeneration: true,
  validateName: name => checkDns1123Subdomain(name, 'bytes'),
  validateCreate: classErrors,
  validateUpdate: object => [...metadataAgain(object.metadata, false), ...classErrors(object)],
  columns: [nameColumn, ageColumn],
};

function classErrors({ spec }: DeviceClass): FieldErrors {
  const errors: FieldError[] = [];
  inspectSelectors(spec?.selectors, 'spec.selectors', errors);
  inspectItems(spec?.config, 'spec.config', errors, { max: partsMax, item: inspectConfiguration });
  const name = spec?.extendedResourceName;
  if (name !== undefined && !isExtendedName(name)) {
    errors.push(invalid('spec.extendedResourceName', name, 'must be a valid extended resource name'));
  }
  return errors;
}

export const resourceClaimStrategy: Strategy<ResourceClaim> = {
  resource: resourceClaims,
  returnsDeleted: true,
  prepareCreate(claim) {
    claim.status = {};
  },
  prepareUpdate: keepStatus,
  validateCreate: ({ spec }) => specErrors(spec, 'spec'),
  validateUpdate: (claim, old) => [
    ...metadataAgain(claim.metadata, true),
    ...immutableErrors('spec', claim.spec, old.spec, internalJson(ResourceClaimSpec, claim.spec)),
  ],
  subresources: { status: statusRules(validateClaimStatus, { keepsLabels: true }) },
  resetFields: resetsWithLabels,
  columns: [nameColumn, textColumn<ResourceClaim>('State', printedState), ageColumn],
};

/** What the claims made of it will carry. */
function templateMetadata(spec: ResourceClaimTemplateSpec | undefined): FieldErrors {
  const { labels = {}, annotations = {} } = spec?.metadata ?? {};
  return [
    ...validateLabels(labels, 'spec.metadata.labels'),
    ...validateAnnotations(annotations, 'spec.metadata.annotations'),
  ];
}

function specErrors(spec: ResourceClaimSpec | undefined, path: string): FieldErrors {
  const errors: FieldError[] = [];
  inspectClaimSpec(spec, path, errors);
  return errors;
}

function printedState({ metadata, status }: ResourceClaim): string {
  const states: string[] = [];
  if (metadata?.deletionTimestamp !== undefined) states.push('deleted');
  if (status?.allocation !== undefined) {
    states.push('allocated');
    if (status.reservedFor?.length) states.push('reserved');
  } else if (states.length === 0) states.push('pending');
  return states.join(',');
}

export const resourceClaimTemplateStrategy: Strategy<ResourceClaimTemplate> = {
  resource: resourceClaimTemplates,
  returnsDeleted: true,
  validateCreate: ({ spec }) => [...templateMetadata(spec), ...specErrors(spec?.spec, 'spec.spec')],
  validateUpdate: (template, old) => [
    ...metadataAgain(template.metadata, true),
    ...specErrors(template.spec?.spec, 'spec.spec'),
    ...immutableErrors('spec', template.spec, old.spec, internalJson(ResourceClaimTemplateSpec, template.spec)),
  ],
  columns: [nameColumn, ageColumn],
};

export const resourceSliceStrategy: Strategy<ResourceSlice> = {
  resource: resourceSlices,
  returnsDeleted: true,
  hasGeneration: true,
  prepareCreate: dateTaints,
  prepareUpdate: (slice, _, context) => dateTaints(slice, context),
  validateCreate: ({ spec }) => validateSliceSpec(spec),
  validateUpdate: (slice, old) => [
    ...metadataAgain(slice.metadata, false),
    ...validateSliceSpec(slice.spec, old.spec ?? ({} as ResourceSliceSpec)),
  ],
  fieldRules: clusterFieldsOf(
    ['spec.nodeName', 'spec.driver'],
    field => `field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: ${field}`,
  ),
  selectableFields: ({ spec }) => ({ 'spec.nodeName': spec?.nodeName ?? '', 'spec.driver': spec?.driver ?? '' }),
  columns: [
    nameColumn,
    textColumn<ResourceSlice>('Node', ({ spec }) => spec?.nodeName),
    textColumn<ResourceSlice>('Driver', ({ spec }) => spec?.driver),
    textColumn<ResourceSlice>('Pool', ({ spec }) => spec?.pool?.name),
    ageColumn,
  ],
};

/** A taint counts from now on, if it does not say since when. */
function dateTaints({ spec }: ResourceSlice, { nowMs }: RequestContext): void {
  for (const taint of spec?.devices?.flatMap(({ taints }) => taints ?? []) ?? []) taint.timeAdded ??= rfc3339(nowMs);
}
