import { FieldSelectorRequirement, LabelSelectorRequirement } from '#machinery/meta.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, field, list, map, optional, string, struct } from '#machinery/schema.ts';

export const NonResourceAttributes = struct(
  'io.k8s.api.authorization.v1.NonResourceAttributes',
  {
    path: field(1, string, { doc: 'The path, such as /healthz.' }),
    verb: field(2, string, { doc: 'What is to be done, such as get.' }),
  },
  { doc: 'A request for a path.' },
);
export interface NonResourceAttributes extends TypeOf<typeof NonResourceAttributes> {}

export const FieldSelectorAttributes = struct(
  'io.k8s.api.authorization.v1.FieldSelectorAttributes',
  {
    rawSelector: field(1, string, { doc: 'The selector as text. Not together with requirements.' }),
    requirements: field(2, list(FieldSelectorRequirement), { doc: 'The selector in parts, all of which hold.' }),
  },
  { doc: 'A field selector of a request, as text or in parts.' },
);
export interface FieldSelectorAttributes extends TypeOf<typeof FieldSelectorAttributes> {}

export const LabelSelectorAttributes = struct(
  'io.k8s.api.authorization.v1.LabelSelectorAttributes',
  {
    rawSelector: field(1, string, { doc: 'The selector as text. Not together with requirements.' }),
    requirements: field(2, list(LabelSelectorRequirement), { doc: 'The selector in parts, all of which hold.' }),
  },
  { doc: 'A label selector of a request, as text or in parts.' },
);
export interface LabelSelectorAttributes extends TypeOf<typeof LabelSelectorAttributes> {}

export const ResourceAttributes = struct(
  'io.k8s.api.authorization.v1.ResourceAttributes',
  {
    namespace: field(1, string, { doc: 'Namespace of the request. Empty for all or for none.' }),
    verb: field(2, string, { doc: 'What is to be done, such as list. * is everything.' }),
    group: field(3, string, { doc: 'Group of the resource. * is all.' }),
    version: field(4, string, { doc: 'Version of the resource. * is all.' }),
    resource: field(5, string, { doc: 'The resource, such as pods. * is all.' }),
    subresource: field(6, string, { doc: 'The subresource, such as log.' }),
    name: field(7, string, { doc: 'Name of the object. Empty for all.' }),
    fieldSelector: optional(8, FieldSelectorAttributes, { doc: 'Fields that limit the request.' }),
    labelSelector: optional(9, LabelSelectorAttributes, { doc: 'Labels that limit the request.' }),
  },
  { doc: 'A request for a resource.' },
);
export interface ResourceAttributes extends TypeOf<typeof ResourceAttributes> {}

export const SubjectAccessReviewSpec = struct(
  'io.k8s.api.authorization.v1.SubjectAccessReviewSpec',
  {
    resourceAttributes: optional(1, ResourceAttributes, { doc: 'A request for a resource.' }),
    nonResourceAttributes: optional(2, NonResourceAttributes, { doc: 'A request for a path.' }),
    user: field(3, string, { doc: 'The user.' }),
    groups: field(4, list(string), { doc: 'Groups that the user is in.' }),
    extra: field(5, map(list(string)), { doc: 'Further facts about the user.' }),
    uid: field(6, string, { doc: 'ID of the user.' }),
  },
  { doc: 'Who wants to do what. One of the attributes is set.' },
);
export interface SubjectAccessReviewSpec extends TypeOf<typeof SubjectAccessReviewSpec> {}

export const SubjectAccessReviewStatus = struct(
  'io.k8s.api.authorization.v1.SubjectAccessReviewStatus',
  {
    allowed: always(1, boolean, { required: true, doc: 'Whether it is allowed.' }),
    reason: field(2, string, { doc: 'Why it is or is not.' }),
    evaluationError: field(3, string, { doc: 'What went wrong; the answer may still be right.' }),
    denied: field(4, boolean, { doc: 'Whether it is forbidden outright, whatever others say.' }),
  },
  { doc: 'Whether it may be done.' },
);
export interface SubjectAccessReviewStatus extends TypeOf<typeof SubjectAccessReviewStatus> {}
