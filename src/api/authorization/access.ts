import { FieldSelectorRequirement, LabelSelectorRequirement } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, list, map, optional, string, struct } from '#machinery/schema.ts';

export const NonResourceAttributes = struct('io.k8s.api.authorization.v1.NonResourceAttributes', {
  path: field(1, string),
  verb: field(2, string),
});
export interface NonResourceAttributes extends TypeOf<typeof NonResourceAttributes> {}

export const FieldSelectorAttributes = struct('io.k8s.api.authorization.v1.FieldSelectorAttributes', {
  rawSelector: field(1, string),
  requirements: field(2, list(FieldSelectorRequirement)),
});
export interface FieldSelectorAttributes extends TypeOf<typeof FieldSelectorAttributes> {}

export const LabelSelectorAttributes = struct('io.k8s.api.authorization.v1.LabelSelectorAttributes', {
  rawSelector: field(1, string),
  requirements: field(2, list(LabelSelectorRequirement)),
});
export interface LabelSelectorAttributes extends TypeOf<typeof LabelSelectorAttributes> {}

export const ResourceAttributes = struct('io.k8s.api.authorization.v1.ResourceAttributes', {
  namespace: field(1, string),
  verb: field(2, string),
  group: field(3, string),
  version: field(4, string),
  resource: field(5, string),
  subresource: field(6, string),
  name: field(7, string),
  fieldSelector: optional(8, FieldSelectorAttributes),
  labelSelector: optional(9, LabelSelectorAttributes),
});
export interface ResourceAttributes extends TypeOf<typeof ResourceAttributes> {}

export const SubjectAccessReviewSpec = struct('io.k8s.api.authorization.v1.SubjectAccessReviewSpec', {
  resourceAttributes: optional(1, ResourceAttributes),
  nonResourceAttributes: optional(2, NonResourceAttributes),
  user: field(3, string),
  groups: field(4, list(string)),
  extra: field(5, map(list(string))),
  uid: field(6, string),
});
export interface SubjectAccessReviewSpec extends TypeOf<typeof SubjectAccessReviewSpec> {}

export const SubjectAccessReviewStatus = struct('io.k8s.api.authorization.v1.SubjectAccessReviewStatus', {
  allowed: always(1, boolean, { required: true }),
  reason: field(2, string),
  evaluationError: field(3, string),
  denied: field(4, boolean),
});
export interface SubjectAccessReviewStatus extends TypeOf<typeof SubjectAccessReviewStatus> {}
