import type { TypeOf } from '#machinery/schema.ts';
import { always, field, list, optional, string, struct } from '#machinery/schema.ts';

export const ObjectReference = struct(
  'io.k8s.api.core.v1.ObjectReference',
  {
    kind: field(1, string),
    namespace: field(2, string),
    name: field(3, string),
    uid: field(4, string),
    apiVersion: field(5, string),
    resourceVersion: field(6, string),
    fieldPath: field(7, string),
  },
  { atomic: true },
);
export interface ObjectReference extends TypeOf<typeof ObjectReference> {}

export const TypedLocalObjectReference = struct(
  'io.k8s.api.core.v1.TypedLocalObjectReference',
  {
    apiGroup: always(1, string, { nullable: true }),
    kind: always(2, string, { required: true }),
    name: always(3, string, { required: true }),
  },
  { atomic: true },
);
export interface TypedLocalObjectReference extends TypeOf<typeof TypedLocalObjectReference> {}

export const TypedObjectReference = struct('io.k8s.api.core.v1.TypedObjectReference', {
  apiGroup: always(1, string, { nullable: true }),
  kind: always(2, string, { required: true }),
  name: always(3, string, { required: true }),
  namespace: optional(4, string),
});
export interface TypedObjectReference extends TypeOf<typeof TypedObjectReference> {}

export const SecretReference = struct(
  'io.k8s.api.core.v1.SecretReference',
  {
    name: field(1, string),
    namespace: field(2, string),
  },
  { atomic: true },
);
export interface SecretReference extends TypeOf<typeof SecretReference> {}

export const LocalObjectReference = struct(
  'io.k8s.api.core.v1.LocalObjectReference',
  {
    name: field(1, string),
  },
  { atomic: true },
);
export interface LocalObjectReference extends TypeOf<typeof LocalObjectReference> {}

export const TopologySelectorLabelRequirement = struct('io.k8s.api.core.v1.TopologySelectorLabelRequirement', {
  key: always(1, string, { required: true }),
  values: always(2, list(string), { required: true }),
});
export interface TopologySelectorLabelRequirement extends TypeOf<typeof TopologySelectorLabelRequirement> {}

export const TopologySelectorTerm = struct(
  'io.k8s.api.core.v1.TopologySelectorTerm',
  {
    matchLabelExpressions: field(1, list(TopologySelectorLabelRequirement)),
  },
  { atomic: true },
);
export interface TopologySelectorTerm extends TypeOf<typeof TopologySelectorTerm> {}
