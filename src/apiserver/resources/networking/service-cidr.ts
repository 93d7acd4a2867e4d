/** ServiceCIDRs: ranges that Services get their addresses from (upstream: registry/networking/servicecidr). */

import { type ServiceCIDR, ServiceCIDRSpec, serviceCIDRs } from '#api/networking/service-cidr.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { immutableErrors } from '#apiserver/resources/immutable.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { metadataAgain } from '#apiserver/resources/messages.ts';
import { keepStatus, resetsWithLabels, statusRules } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { parseRange } from '#lib/ip.ts';
import { validateCidr } from '#machinery/validation/addresses.ts';
import { type FieldErrors, invalid, invalidShown, required } from '#machinery/validation/field-error.ts';

export const serviceCidrStrategy: Strategy<ServiceCIDR> = {
  resource: serviceCIDRs,
  prepareCreate(object) {
    object.status = {};
  },
  prepareUpdate: keepStatus,
  validateCreate: validate,
  validateUpdate: (object, old) => [...metadataAgain(object.metadata, false), ...changeErrors(object, old)],
  subresources: { status: statusRules(() => [], { keepsLabels: true }) },
  resetFields: resetsWithLabels,
  columns: [nameColumn, textColumn<ServiceCIDR>('CIDRs', ({ spec }) => (spec?.cidrs ?? []).join(',')), ageColumn],
};

function validate({ spec = {} }: ServiceCIDR): FieldErrors {
  const { cidrs = [] } = spec;
  if (cidrs.length === 0) return [required('spec.cidrs', 'at least one CIDR required')];
  if (cidrs.length > 2) {
    return [invalidShown('spec.cidrs', internalJson(ServiceCIDRSpec, spec), 'may only hold up to 2 values')];
  }
  const families = cidrs.map(text => parseRange(text)?.address.bits);
  if (cidrs.length === 2 && families[0] !== undefined && families[0] === families[1]) {
    const why = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    return [invalid('spec.cidrs', cidrs, why)];
  }
  return cidrs.flatMap((text, at) => validateCidr(`spec.cidrs[${at}]`, text));
}

/** A second family may be added; what is there stays. */
function changeErrors(object: ServiceCIDR, old: ServiceCIDR): FieldErrors {
  const now = object.spec?.cidrs ?? [];
  const before = old.spec?.cidrs ?? [];
  if (now.length < before.length) return immutableErrors('spec.cidrs', object.spec?.cidrs, before);
  const kept = before.flatMap((text, at) => immutableErrors(`spec.cidrs[${at}]`, now[at], text));
  return now.length > before.length ? [...kept, ...validate(object)] : kept;
}
