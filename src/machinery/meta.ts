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

export const ManagedFieldsEntry = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry',
  {
    manager: field(1, string, { doc: 'Who wrote: the fieldManager of the request.' }),
    operation: field(2, string, {
      enum: ['Apply', 'Update'],
      doc: 'How it wrote: Apply is server-side apply, Update is every other write.',
    }),
    apiVersion: field(3, string, { doc: 'The version that the field names are written in.' }),
    time: optional(4, time, { doc: 'When the set of owned fields last changed.' }),
    fieldsType: field(6, string, { doc: 'The format of fieldsV1. Always FieldsV1.' }),
    fieldsV1: optional(7, fieldsV1, { doc: 'The owned fields, as a tree of field names.' }),
    subresource: field(8, string, {
      doc: 'The subresource that was written, such as status. Empty for the object itself.',
    }),
  },
  { doc: 'The fields that one manager owns, by one kind of write.' },
);
export interface ManagedFieldsEntry extends TypeOf<typeof ManagedFieldsEntry> {}

export const OwnerReference = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference',
  {
    apiVersion: always(5, string, { required: true, doc: 'Group and version of the owner.' }),
    kind: always(1, string, { required: true, doc: 'Kind of the owner.' }),
    name: always(3, string, { required: true, doc: 'Name of the owner.' }),
    uid: always(4, string, {
      required: true,
      doc: 'UID of the owner. An owner of the same name with another UID is not the owner.',
    }),
    controller: optional(6, boolean, { doc: 'True for the one owner that manages this object.' }),
    blockOwnerDeletion: optional(7, boolean, {
      doc: 'Foreground deletion of the owner waits until this object is gone.',
    }),
  },
  { doc: 'An object of the same namespace, or of the cluster, that this object belongs to.', atomic: true },
);
export interface OwnerReference extends TypeOf<typeof OwnerReference> {}

export const ObjectMeta = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
  {
    name: field(1, string, { doc: 'Name, unique for the kind within a namespace. It cannot change.' }),
    generateName: field(2, string, { doc: 'Prefix of a name that the server completes when name is empty.' }),
    namespace: field(3, string, { doc: 'Namespace of the object. Empty for kinds of the whole cluster.' }),
    selfLink: field(4, string, { doc: 'Unused; kept for old clients.' }),
    uid: field(5, string, { doc: 'Identity given at creation. Never used again, even for the same name.' }),
    resourceVersion: field(6, string, {
      doc: 'Changes with every write. Opaque; compare it, and send it back to detect conflicts.',
    }),
    generation: field(7, int64, { doc: 'Counts the changes of what is wanted, from 1.' }),
    creationTimestamp: field(8, time, { doc: 'When the server stored the object first.' }),
    deletionTimestamp: optional(9, time, {
      doc: 'When the object is to be gone. Set by a delete; absent while it lives.',
    }),
    deletionGracePeriodSeconds: optional(10, int64, {
      doc: 'Seconds that the object has to end, counted from the delete.',
    }),
    labels: field(11, map(string), { doc: 'Short keys and values that selectors match.' }),
    annotations: field(12, map(string), { doc: 'Keys and values of any text, for tools. Not selectable.' }),
    ownerReferences: field(
      13,
      list(OwnerReference, { type: 'map', keys: ['uid'], patch: ['merge'], mergeKey: 'uid' }),
      { doc: 'Owners. The object is collected when the last of them is gone.' },
    ),
    finalizers: field(14, list(string, { type: 'set', patch: ['merge'] }), {
      doc: 'Work to do before the object can go. Each owner removes its own.',
    }),
    managedFields: field(17, list(ManagedFieldsEntry), { doc: 'Which manager owns which fields; kept by the server.' }),
  },
  { doc: 'What every stored object has: names, labels, owners and the marks of its life.' },
);
export interface ObjectMeta extends TypeOf<typeof ObjectMeta> {}

export const LabelSelectorRequirement = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement',
  {
    key: always(1, string, { required: true, doc: 'Label that is looked at.' }),
    operator: always(2, string, {
      required: true,
      enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'],
      doc: 'How the label is compared: In, NotIn, Exists or DoesNotExist.',
    }),
    values: field(3, list(string), { doc: 'Values to compare with. Empty for Exists and DoesNotExist.' }),
  },
  { doc: 'A condition on one label.' },
);
export interface LabelSelectorRequirement extends TypeOf<typeof LabelSelectorRequirement> {}

export const LabelSelector = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector',
  {
    matchLabels: field(1, map(string), { doc: 'Labels that must be there with exactly these values.' }),
    matchExpressions: field(2, list(LabelSelectorRequirement), {
      doc: 'Further conditions on labels, all of which must hold.',
    }),
  },
  { doc: 'Selects objects by label. All parts must hold; an empty selector selects everything.', atomic: true },
);
export interface LabelSelector extends TypeOf<typeof LabelSelector> {}

export const Condition = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.Condition',
  {
    type: always(1, string, { required: true, doc: 'What the condition is about.' }),
    status: always(2, string, {
      required: true,
      enum: ['True', 'False', 'Unknown'],
      doc: 'Whether it holds: True, False or Unknown.',
    }),
    observedGeneration: field(3, int64, { doc: 'The metadata.generation that the condition was computed for.' }),
    lastTransitionTime: always(4, time, { required: true, doc: 'When the status last changed.' }),
    reason: always(5, string, { required: true, doc: 'One word in CamelCase that says why, for machines.' }),
    message: always(6, string, { required: true, doc: 'A sentence that says why, for people.' }),
  },
  { doc: 'One thing observed about the object.' },
);
export interface Condition extends TypeOf<typeof Condition> {}

export const FieldSelectorRequirement = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement',
  {
    key: always(1, string, { required: true, doc: 'Field that is looked at.' }),
    operator: always(2, string, {
      required: true,
      enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'],
      doc: 'How the field is compared: In, NotIn, Exists or DoesNotExist.',
    }),
    values: field(3, list(string), { doc: 'Values to compare with. Empty for Exists and DoesNotExist.' }),
  },
  { doc: 'A condition on one field.' },
);
export interface FieldSelectorRequirement extends TypeOf<typeof FieldSelectorRequirement> {}

export const Preconditions = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions',
  {
    uid: optional(1, string, { doc: 'UID that the object must have.' }),
    resourceVersion: optional(2, string, { doc: 'Resource version that the object must have.' }),
  },
  { doc: 'What must be true of the object, else the request fails with a conflict.' },
);
export interface Preconditions extends TypeOf<typeof Preconditions> {}

export const DeleteOptions = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    gracePeriodSeconds: optional(1, int64, {
      doc: 'Seconds to wait before the end. 0 means at once; absent means the default of the kind.',
    }),
    preconditions: optional(2, Preconditions, { doc: 'What must be true of the object for it to be deleted.' }),
    orphanDependents: optional(3, boolean, {
      doc: 'Deprecated: true is propagationPolicy Orphan, false is Background.',
    }),
    propagationPolicy: optional(4, string, {
      enum: ['Orphan', 'Background', 'Foreground'],
      doc: 'What becomes of dependents: Orphan keeps them, Background collects them later, Foreground first.',
    }),
    dryRun: field(5, list(string), { doc: 'All means check everything and store nothing. Empty means really delete.' }),
    ignoreStoreReadErrorWithClusterBreakingPotential: optional(6, boolean, {
      doc: 'Delete even if the stored object cannot be read. Skips finalizers; dangerous.',
    }),
  },
  { doc: 'How an object is deleted.' },
);
export interface DeleteOptions extends TypeOf<typeof DeleteOptions> {}

export const StatusCause = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause',
  {
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
      doc: 'Kind of the cause, for machines.',
    }),
    message: field(2, string, { doc: 'The cause, for people.' }),
    field: field(3, string, { doc: 'Path of the field at fault, such as spec.containers[0].image.' }),
  },
  { doc: 'One reason for a failure.' },
);
export interface StatusCause extends TypeOf<typeof StatusCause> {}

export const StatusDetails = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails',
  {
    kind: field(3, string, { doc: 'Resource or kind that was meant.' }),
    name: field(1, string, { doc: 'Name of the object.' }),
    group: field(2, string, { doc: 'Group of the resource.' }),
    causes: field(4, list(StatusCause), { doc: 'Single causes, such as one for each wrong field.' }),
    retryAfterSeconds: field(5, int32, { doc: 'Seconds to wait before another try.' }),
    uid: field(6, string, { doc: 'UID of the object.' }),
  },
  { doc: 'What a failed request was about.' },
);
export interface StatusDetails extends TypeOf<typeof StatusDetails> {}

export const ShardInfo = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo',
  {
    selector: always(1, string, { required: true, doc: 'Selector of the shard, as the request gave it.' }),
  },
  { doc: 'The part of a list that was asked for.' },
);
export interface ShardInfo extends TypeOf<typeof ShardInfo> {}

export const ListMeta = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta',
  {
    selfLink: field(1, string, { doc: 'Unused; kept for old clients.' }),
    resourceVersion: field(2, string, { doc: 'State of the store that the list shows. A watch can go on from here.' }),
    continue: field(3, string, { doc: 'Token for the next page. Empty on the last page.' }),
    remainingItemCount: optional(4, int64, {
      doc: 'Number of objects on later pages. Absent when unknown or when selectors filter.',
    }),
    shardInfo: optional(5, ShardInfo, {
      gate: 'ShardedListAndWatch',
      doc: 'The shard that the list holds. Absent for a whole list.',
    }),
  },
  { doc: 'What every list has.' },
);
export interface ListMeta extends TypeOf<typeof ListMeta> {}

export const Status = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.Status',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ListMeta, { doc: 'Metadata of lists; mostly empty here.' }),
    status: field(2, string, { doc: 'Success or Failure.' }),
    message: field(3, string, { doc: 'The outcome, for people.' }),
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
      doc: 'Why it failed, for machines. Empty when unknown.',
    }),
    details: optional(5, StatusDetails, { doc: 'Further data that depends on the reason.' }),
    code: field(6, int32, { doc: 'HTTP code of the answer.' }),
  },
  { doc: 'Outcome of a request that does not answer with an object.' },
);
export interface Status extends TypeOf<typeof Status> {}
