/** "May I?", "may he?" and "what may I do at all?", asked of the authorizers. */

import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  NonResourceAttributes,
  ResourceAttributes,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '#api/authorization/access.ts';
import type { PolicyRule } from '#api/rbac/rules.ts';
import { makeUser, type User } from '#apiserver/authn/user.ts';
import type { Access, Authorizer } from '#apiserver/authz/authorizer.ts';
import { resourceAccess } from '#apiserver/authz/authorizer.ts';
import { nodeOf } from '#apiserver/authz/node/node-authorizer.ts';
import type { Bindings } from '#apiserver/authz/rbac/bindings.ts';
import { rulesFor } from '#apiserver/authz/rbac/rbac-authorizer.ts';
import { badRequestError, invalidError } from '#machinery/api-error.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { type FieldError, invalid, invalidShown, required } from '#machinery/validation/field-error.ts';

export interface AccessReviewDeps {
  readonly authorizer: Authorizer;
  readonly bindings: Bindings;
}

/** Upstream's errors name no kind here. */
const unnamedKind = { group: 'authorization.k8s.io', kind: '' };

/** SubjectAccessReview: about the user in the spec. */
export function subjectAccessReview(review: AnyJson, deps: AccessReviewDeps): AnyJson {
  const spec: SubjectAccessReviewSpec = review.spec ?? {};
  refuse([...subjectErrors(spec), ...metadataErrors(review)]);
  return answered(review, userIn(spec), deps);
}

/** LocalSubjectAccessReview: the same, within the namespace of the path. */
export function localSubjectAccessReview(review: AnyJson, deps: AccessReviewDeps): AnyJson {
  const spec: SubjectAccessReviewSpec = review.spec ?? {};
  const errors = subjectErrors(spec);
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (resourceAttributes != null && (resourceAttributes.namespace ?? '') !== (review.metadata?.namespace ?? '')) {
    const path = 'spec.resourceAttributes.namespace';
    errors.push(invalid(path, resourceAttributes.namespace ?? '', 'must match metadata.namespace'));
  }
  if (nonResourceAttributes != null) {
    const path = 'spec.nonResourceAttributes';
    errors.push(invalidShown(path, goPath(nonResourceAttributes), 'disallowed on this kind of request'));
  }
  const { namespace: _, ...metadata } = review.metadata ?? {};
  refuse([...errors, ...metadataErrors({ metadata })]);
  return answered(review, userIn(spec), deps);
}

/** SelfSubjectAccessReview: about whoever asks. */
export function selfSubjectAccessReview(review: AnyJson, user: User, deps: AccessReviewDeps): AnyJson {
  refuse([...attributeErrors(review.spec ?? {}), ...metadataErrors(review)]);
  return answered(review, user, deps);
}

/** Reviews are about nothing that has a name. What the server noted of the writer does not count, but is shown. */
function metadataErrors({ metadata }: AnyJson): FieldError[] {
  const { managedFields: _, ...given } = metadata ?? {};
  if (Object.keys(given).length === 0) return [];
  return [invalidShown('metadata', JSON.stringify(metadata), 'must be empty')];
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidError(unnamedKind, '', errors);
}

function answered(review: AnyJson, user: User, { authorizer }: AccessReviewDeps): AnyJson {
  const { decision, reason, error } = authorizer.authorize(user, accessIn(review.spec));
  const status: SubjectAccessReviewStatus = {
    allowed: decision === 'allow',
    ...(decision === 'deny' && { denied: true }),
    ...(reason !== '' && { reason }),
    ...(error !== undefined && { evaluationError: error }),
  };
  return { ...review, status };
}

function userIn(spec: SubjectAccessReviewSpec): User {
  const { user = '', uid = '', groups = [], extra = {} } = spec;
  return makeUser({ name: user, uid, groups, extra });
}

function accessIn({ resourceAttributes, nonResourceAttributes }: SubjectAccessReviewSpec): Access {
  if (resourceAttributes == null) {
    const { path = '', verb = '' } = nonResourceAttributes ?? {};
    return { ...resourceAccess({ verb }), isResource: false, path };
  }
  const { fieldSelector, labelSelector, ...attributes } = resourceAttributes;
  return {
    ...resourceAccess(attributes),
    fieldSelector: fieldSelector?.rawSelector || equalities(fieldSelector),
    labelSelector: labelSelector?.rawSelector || equalities(labelSelector),
  };
}

/** Only what demands one value: whatever else is asked for narrows the access further, and nothing here depends on it. */
function equalities(
  selector: FieldSelectorAttributes | LabelSelectorAttributes | null | undefined,
): string | undefined {
  const terms = (selector?.requirements ?? [])
    .filter(({ operator, values }) => operator === 'In' && values?.length === 1)
    .map(({ key, values }) => `${key}=${values![0]!.replace(/[\\,=]/g, '\\$&')}`);
  return terms.length === 0 ? undefined : terms.join(',');
}

function subjectErrors(spec: SubjectAccessReviewSpec): FieldError[] {
  const errors = attributeErrors(spec, false);
  if (!spec.user && !spec.groups?.length) {
    errors.push(invalid('spec.user', spec.user ?? '', 'at least one of user or group must be specified'));
  }
  return [...errors, ...selectorErrors(spec.resourceAttributes)];
}

function attributeErrors(spec: SubjectAccessReviewSpec, withSelectors = true): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec;
  const errors: FieldError[] = [];
  if (resourceAttributes != null && nonResourceAttributes != null) {
    const path = 'spec.nonResourceAttributes';
    const why = 'cannot be specified in combination with resourceAttributes';
    errors.push(invalidShown(path, goPath(nonResourceAttributes), why));
  }
  if (resourceAttributes == null && nonResourceAttributes == null) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    errors.push(invalid('spec.resourceAttributes', null, why));
  }
  return withSelectors ? [...errors, ...selectorErrors(resourceAttributes)] : errors;
}

function selectorErrors(attributes: ResourceAttributes | null | undefined): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['fieldSelector', 'labelSelector'] as const) {
    const selector = attributes?.[name];
    if (selector == null) continue;
    const path = `spec.resourceAttributes.${name}`;
    const { rawSelector = '', requirements = [] } = selector;
    if (rawSelector !== '' && requirements.length > 0) {
      errors.push(invalid(`${path}.rawSelector`, rawSelector, 'may not specified at the same time as requirements'));
    }
    if (rawSelector === '' && requirements.length === 0) {
      const why = `when ${path} is specified, requirements or rawSelector is required`;
      errors.push(required(`${path}.requirements`, why));
    }
    for (const [at, { key, operator, values = [] }] of requirements.entries()) {
      errors.push(...requirementErrors(`${path}.requirements[${at}]`, key ?? '', operator ?? '', values));
    }
  }
  return errors;
}

/** Operators that are not known here may be known to whoever answers in the end. */
function requirementErrors(path: string, key: string, operator: string, values: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  const listed = operator === 'In' || operator === 'NotIn';
  if (listed && values.length === 0) {
    errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  }
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
    const message = "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
    errors.push({ type: 'FieldValueForbidden', path: `${path}.values`, message });
  }
  if (key === '') errors.push(required(`${path}.key`, 'must be specified'));
  return errors;
}

/** Go prints its own struct. */
function goPath({ path = '', verb = '' }: NonResourceAttributes): string {
  return JSON.stringify({ Path: path, Verb: verb });
}

/** SelfSubjectRulesReview: everything that RBAC gives in a namespace. Only the status comes back. */
export function selfSubjectRulesReview(review: AnyJson, user: User, { bindings }: AccessReviewDeps): AnyJson {
  const namespace: string = review.spec?.namespace ?? '';
  if (namespace === '') throw badRequestError('no namespace on request');
  const { rules, errors } = rulesFor(bindings, user, namespace);
  const isNode = nodeOf(user) !== undefined;
  const problems = [...errors, ...(isNode ? ['node authorizer does not support user rule resolution'] : [])];
  const { kind, apiVersion } = review;
  return {
    kind,
    apiVersion,
    metadata: {},
    spec: {},
    status: {
      resourceRules: rules.filter(rule => rule.resources?.length).map(resourceRule),
      nonResourceRules: rules.filter(rule => rule.nonResourceURLs?.length).map(pathRule),
      incomplete: problems.length > 0,
      ...(problems.length > 0 && { evaluationError: problems.join(', ') }),
    },
  };
}

function resourceRule({ verbs, apiGroups, resources, resourceNames }: PolicyRule) {
  return { verbs, apiGroups, resources, ...(resourceNames?.length && { resourceNames }) };
}

function pathRule({ verbs, nonResourceURLs }: PolicyRule) {
  return { verbs, nonResourceURLs };
}
