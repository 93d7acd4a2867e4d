/** LimitRanges (upstream: registry/core/limitrange). */

import { type LimitRange, type LimitRangeItem, limitRanges } from '#api/core/limit-range.ts';
import { inspectContainerResourceName, inspectResourceName } from '#apiserver/resources/core/pod-resources.ts';
import { addProblems, metadataAgain } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { compareQuantities, parseQuantity } from '#machinery/quantity.ts';
import {
  duplicate,
  type FieldError,
  type FieldErrors,
  forbidden,
  invalid,
  required,
} from '#machinery/validation/field-error.ts';
import { checkQualifiedName } from '#machinery/validation/names.ts';

type Amounts = Readonly<Record<string, string>>;

export const limitRangeStrategy: Strategy<LimitRange> = {
  resource: limitRanges,
  allowCreateOnUpdate: true,
  prepareCreate({ metadata }) {
    // The one kind that needs no name.
    if (metadata && !metadata.name) metadata.name = metadata.uid;
  },
  validateCreate: validate,
  validateUpdate: object => [...metadataAgain(object.metadata, true), ...validate(object)],
};

const standardTypes = ['Pod', 'Container', 'PersistentVolumeClaim'];

function validate({ spec }: LimitRange): FieldErrors {
  const errors: FieldError[] = [];
  const types = new Set<string>();
  for (const [at, item] of (spec?.limits ?? []).entries()) {
    const path = `spec.limits[${at}]`;
    const { type = '' } = item;
    inspectType(type, `${path}.type`, errors);
    if (types.has(type)) errors.push(duplicate(`${path}.type`, type));
    types.add(type);
    inspectItem(item, path, errors);
  }
  return errors;
}

function inspectType(type: string, path: string, errors: FieldError[]): void {
  const problems = checkQualifiedName(type);
  addProblems(errors, path, type, problems);
  if (problems.length === 0 && !type.includes('/') && !standardTypes.includes(type)) {
    errors.push(invalid(path, type, 'must be a standard limit type or fully qualified'));
  }
}

function inspectItem(item: LimitRangeItem, path: string, errors: FieldError[]): void {
  const {
    type,
    max = {},
    min = {},
    default: usual = {},
    defaultRequest: asked = {},
    maxLimitRequestRatio: ratio = {},
  } = item;
  const inspectName = type === 'Container' ? inspectContainerResourceName : inspectResourceName;
  const names = (amounts: Amounts, field: string) => {
    for (const name of Object.keys(amounts)) inspectName(name, `${path}.${field}[${name}]`, errors);
  };
  names(max, 'max');
  names(min, 'min');
  if (type === 'Pod') {
    const why = "may not be specified when `type` is 'Pod'";
    if (Object.keys(usual).length > 0) errors.push(forbidden(`${path}.default`, why));
    if (Object.keys(asked).length > 0) errors.push(forbidden(`${path}.defaultRequest`, why));
  } else {
    names(usual, 'default');
    names(asked, 'defaultRequest');
  }
  if (type === 'PersistentVolumeClaim' && min['storage'] === undefined && max['storage'] === undefined) {
    const why = 'either minimum or maximum storage value is required, but neither was provided';
    errors.push(required(`${path}.limits`, why));
  }
  names(ratio, 'maxLimitRequestRatio');
  const every = { ...max, ...min, ...usual, ...asked, ...ratio };
  for (const name of Object.keys(every)) inspectOrder(name, item, path, errors);
}

/** min ≤ default request ≤ default ≤ max, of one resource. */
function inspectOrder(name: string, item: LimitRangeItem, path: string, errors: FieldError[]): void {
  const max = item.max?.[name];
  const min = item.min?.[name];
  const usual = item.default?.[name];
  const asked = item.defaultRequest?.[name];
  const ratio = item.maxLimitRequestRatio?.[name];
  const above = (less: string | undefined, more: string | undefined): boolean =>
    less !== undefined && more !== undefined && compareQuantities(less, more) > 0;
  const fail = (field: string, shown: string | undefined, why: string) =>
    errors.push(invalid(`${path}.${field}[${name}]`, shown, why));
  if (above(min, max)) fail('min', min, `min value ${min} is greater than max value ${max}`);
  if (above(min, asked))
    fail('defaultRequest', asked, `min value ${min} is greater than default request value ${asked}`);
  if (above(asked, max))
    fail('defaultRequest', asked, `default request value ${asked} is greater than max value ${max}`);
  if (above(asked, usual)) {
    fail('defaultRequest', asked, `default request value ${asked} is greater than default limit value ${usual}`);
  }
  if (above(min, usual)) fail('default', min, `min value ${min} is greater than default value ${usual}`);
  if (above(usual, max)) fail('default', max, `default value ${usual} is greater than max value ${max}`);
  if (ratio === undefined) return;
  const field = 'maxLimitRequestRatio';
  if (compareQuantities(ratio, '1') < 0) fail(field, ratio, `ratio ${ratio} is less than 1`);
  if (max === undefined || min === undefined) return;
  const least = parseQuantity(min).toNumber();
  const limit = parseQuantity(max).toNumber() / least;
  if (least !== 0 && parseQuantity(ratio).toNumber() > limit) {
    fail(field, ratio, `ratio ${ratio} is greater than max/min = ${limit.toFixed(6)}`);
  }
}
