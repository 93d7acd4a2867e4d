import type { TypeOf } from '#machinery/schema.ts';
import {
  always,
  boolean,
  field,
  fieldsV1,
  int32,
  int64,
  list,
  map,
  optional,
  string,
  struct,
  time,
} from '#machinery/schema.ts';

export const ManagedFieldsEntry = struct('io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry', {
  manager: field(1, string),
  operation: field(2, string, { enum: ['Apply', 'Update'] }),
  apiVersion: field(3, string),
  time: optional(4, time),
  fieldsType: field(6, string),
  fieldsV1: optional(7, fieldsV1),
  subresource: field(8, string),
});
export interface ManagedFieldsEntry extends TypeOf<typeof ManagedFieldsEntry> {}

export const OwnerReference = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference',
  {
    apiVersion: always(5, string, { required: true }),
    kind: always(1, string, { required: true }),
    name: always(3, string, { required: true }),
    uid: always(4, string, { required: true }),
    controller: optional(6, boolean),
    blockOwnerDeletion: optional(7, boolean),
  },
  { atomic: true },
);
export interface OwnerReference extends TypeOf<typeof OwnerReference> {}

export const ObjectMeta = struct('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', {
  name: field(1, string),
  generateName: field(2, string),
  namespace: field(3, string),
  selfLink: field(4, string),
  uid: field(5, string),
  resourceVersion: field(6, string),
  generation: field(7, int64),
  creationTimestamp: field(8, time),
  deletionTimestamp: optional(9, time),
  deletionGracePeriodSeconds: optional(10, int64),
  labels: field(11, map(string)),
  annotations: field(12, map(string)),
  ownerReferences: field(13, list(OwnerReference, { type: 'map', keys: ['uid'], patch: ['merge'], mergeKey: 'uid' })),
  finalizers: field(14, list(string, { type: 'set', patch: ['merge'] })),
  managedFields: field(17, list(ManagedFieldsEntry)),
});
export interface ObjectMeta extends TypeOf<typeof ObjectMeta> {}

export const LabelSelectorRequirement = struct('io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement', {
  key: always(1, string, { required: true }),
  operator: always(2, string, { required: true, enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] }),
  values: field(3, list(string)),
});
export interface LabelSelectorRequirement extends TypeOf<typeof LabelSelectorRequirement> {}

export const LabelSelector = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector',
  {
    matchLabels: field(1, map(string)),
    matchExpressions: field(2, list(LabelSelectorRequirement)),
  },
  { atomic: true },
);
export interface LabelSelector extends TypeOf<typeof LabelSelector> {}

export const Condition = struct('io.k8s.apimachinery.pkg.apis.meta.v1.Condition', {
  type: always(1, string, { required: true }),
  status: always(2, string, { required: true, enum: ['True', 'False', 'Unknown'] }),
  observedGeneration: field(3, int64),
  lastTransitionTime: always(4, time, { required: true }),
  reason: always(5, string, { required: true }),
  message: always(6, string, { required: true }),
});
export interface Condition extends TypeOf<typeof Condition> {}

export const FieldSelectorRequirement = struct('io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement', {
  key: always(1, string, { required: true }),
  operator: always(2, string, { required: true, enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] }),
  values: field(3, list(string)),
});
export interface FieldSelectorRequirement extends TypeOf<typeof FieldSelectorRequirement> {}

export const Preconditions = struct('io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions', {
  uid: optional(1, string),
  resourceVersion: optional(2, string),
});
export interface Preconditions extends TypeOf<typeof Preconditions> {}

export const DeleteOptions = struct('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions', {
  kind: field(0, string),
  apiVersion: field(0, string),
  gracePeriodSeconds: optional(1, int64),
  preconditions: optional(2, Preconditions),
  orphanDependents: optional(3, boolean),
  propagationPolicy: optional(4, string, { enum: ['Orphan', 'Background', 'Foreground'] }),
  dryRun: field(5, list(string)),
  ignoreStoreReadErrorWithClusterBreakingPotential: optional(6, boolean),
});
export interface DeleteOptions extends TypeOf<typeof DeleteOptions> {}

export const StatusCause = struct('io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause', {
  reason: field(1, string, {
    enum: [
      'FieldValueNotFound',
      'FieldValueRequired',
      'FieldValueDuplicate',
      'FieldValueInvalid',
      'FieldValueNotSupported',
      'FieldValueForbidden',
      'FieldValueTooLong',
      'FieldValueTooMany',
      'InternalError',
      'FieldValueTypeInvalid',
      'UnexpectedServerResponse',
      'FieldManagerConflict',
      'ResourceVersionTooLarge',
    ],
  }),
  message: field(2, string),
  field: field(3, string),
});
export interface StatusCause extends TypeOf<typeof StatusCause> {}

export const StatusDetails = struct('io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails', {
  kind: field(3, string),
  name: field(1, string),
  group: field(2, string),
  causes: field(4, list(StatusCause)),
  retryAfterSeconds: field(5, int32),
  uid: field(6, string),
});
export interface StatusDetails extends TypeOf<typeof StatusDetails> {}

export const ShardInfo = struct('io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo', {
  selector: always(1, string, { required: true }),
});
export interface ShardInfo extends TypeOf<typeof ShardInfo> {}

export const ListMeta = struct('io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta', {
  selfLink: field(1, string),
  resourceVersion: field(2, string),
  continue: field(3, string),
  remainingItemCount: optional(4, int64),
  shardInfo: optional(5, ShardInfo, { gate: 'ShardedListAndWatch' }),
});
export interface ListMeta extends TypeOf<typeof ListMeta> {}

export const Status = struct('io.k8s.apimachinery.pkg.apis.meta.v1.Status', {
  kind: field(0, string),
  apiVersion: field(0, string),
  metadata: always(1, ListMeta),
  status: field(2, string),
  message: field(3, string),
  reason: field(4, string, {
    enum: [
      '',
      'Unauthorized',
      'Forbidden',
      'NotFound',
      'AlreadyExists',
      'Conflict',
      'Gone',
      'Invalid',
      'ServerTimeout',
      'StorageReadError',
      'Timeout',
      'TooManyRequests',
      'BadRequest',
      'MethodNotAllowed',
      'NotAcceptable',
      'RequestEntityTooLarge',
      'UnsupportedMediaType',
      'InternalError',
      'Expired',
      'ServiceUnavailable',
    ],
  }),
  details: optional(5, StatusDetails),
  code: field(6, int32),
});
export interface Status extends TypeOf<typeof Status> {}
