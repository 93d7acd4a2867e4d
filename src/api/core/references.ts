import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, optional, string, struct } from '#machinery/schema.ts';

export const ObjectReference = struct(
  'io.k8s.api.core.v1.ObjectReference',
  {
    kind: field(1, string, { doc: 'Kind of the object.' }),
    namespace: field(2, string, { doc: 'Namespace of the object.' }),
    name: field(3, string, { doc: 'Name of the object.' }),
    uid: field(4, string, { doc: 'UID of the object.' }),
    apiVersion: field(5, string, { doc: 'Group and version of the object.' }),
    resourceVersion: field(6, string, { doc: 'State of the object that is meant.' }),
    fieldPath: field(7, string, { doc: 'Part of the object, such as spec.containers{name}.' }),
  },
  { doc: 'Any object, or a part of it.', atomic: true },
);
export interface ObjectReference extends TypeOf<typeof ObjectReference> {}

export const TypedLocalObjectReference = struct(
  'io.k8s.api.core.v1.TypedLocalObjectReference',
  {
    apiGroup: always(1, string, { nullable: true, doc: 'Group of the kind. Absent for core.' }),
    kind: always(2, string, { required: true, doc: 'Kind of the object.' }),
    name: always(3, string, { required: true, doc: 'Name of the object.' }),
  },
  { doc: 'An object of the same namespace, of any kind.', atomic: true },
);
export interface TypedLocalObjectReference extends TypeOf<typeof TypedLocalObjectReference> {}

export const TypedObjectReference = struct(
  'io.k8s.api.core.v1.TypedObjectReference',
  {
    apiGroup: always(1, string, { nullable: true, doc: 'Group of the kind. Absent for core.' }),
    kind: always(2, string, { required: true, doc: 'Kind of the object.' }),
    name: always(3, string, { required: true, doc: 'Name of the object.' }),
    namespace: optional(4, string, { doc: 'Namespace of the object. The same if absent.' }),
  },
  { doc: 'An object of any kind and namespace.' },
);
export interface TypedObjectReference extends TypeOf<typeof TypedObjectReference> {}

export const SecretReference = struct(
  'io.k8s.api.core.v1.SecretReference',
  {
    name: field(1, string, { doc: 'Name of the Secret.' }),
    namespace: field(2, string, { doc: 'Namespace of the Secret.' }),
  },
  { doc: 'A Secret of any namespace.', atomic: true },
);
export interface SecretReference extends TypeOf<typeof SecretReference> {}

export const LocalObjectReference = struct(
  'io.k8s.api.core.v1.LocalObjectReference',
  {
    name: field(1, string, { doc: 'Name of the object.' }),
  },
  { doc: 'An object of the same namespace.', atomic: true },
);
export interface LocalObjectReference extends TypeOf<typeof LocalObjectReference> {}

export const TopologySelectorLabelRequirement = struct(
  'io.k8s.api.core.v1.TopologySelectorLabelRequirement',
  {
    key: always(1, string, { required: true, doc: 'The label.' }),
    values: always(2, list(string), { required: true, doc: 'Values, one of which it must have.' }),
  },
  { doc: "Values that a node's label may have." },
);
export interface TopologySelectorLabelRequirement extends TypeOf<typeof TopologySelectorLabelRequirement> {}

export const TopologySelectorTerm = struct(
  'io.k8s.api.core.v1.TopologySelectorTerm',
  {
    matchLabelExpressions: field(1, list(TopologySelectorLabelRequirement), {
      doc: 'Conditions, all of which must hold.',
    }),
  },
  { doc: 'Labels that a topology must have.', atomic: true },
);
export interface TopologySelectorTerm extends TypeOf<typeof TopologySelectorTerm> {}
