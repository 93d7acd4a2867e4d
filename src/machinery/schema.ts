/**
 * What a type of the API is made of. A definition is data; everything else (TypeScript type, strict decoding, defaults,
 * protobuf, OpenAPI, merge keys) is derived from it, compiled once into closures and then only run.
 *
 * An object in memory is always its canonical JSON form: plain objects with keys in the order of the definition, times,
 * quantities and bytes as the strings of the wire, absent instead of empty where the wire omits it. So `JSON.stringify`
 * prints what upstream prints.
 *
 * Three kinds of field, as upstream's Go types have them:
 *   field     a value: zero ('' 0 false [] {}) is the same as absent and is not printed; protobuf always carries it
 *   optional  a pointer: zero is kept apart from absent; absent is neither printed nor carried
 *   always    a value that is printed even when it is zero (`status: {}`, `rules: null`)
 */

declare const phantom: unique symbol;

export interface Schema<T = unknown> {
  readonly kind: SchemaKind;
  readonly [phantom]?: T;
}

export type SchemaKind = ScalarKind | 'list' | 'map' | 'struct' | 'lazy';

export type ScalarKind =
  | 'string'
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'double'
  | 'bytes' // base64 text
  | 'time' // RFC 3339, whole seconds
  | 'microTime' // RFC 3339, microseconds
  | 'duration' // Go's notation, '1h0m0s'
  | 'quantity' // canonical text, '500m'
  | 'intOrString'
  | 'raw' // runtime.RawExtension: an object of any type
  | 'fieldsV1' // metav1.FieldsV1: JSON, carried as bytes
  | 'json'; // any JSON value, carried as bytes

/** The TypeScript type of what a schema describes. */
export type TypeOf<S> = S extends Schema<infer T> ? T : never;

/** JSON of no particular shape. */
// biome-ignore lint/suspicious/noExplicitAny: the one place where a value of any shape is let through
export type AnyJson = any;

function scalar<T>(kind: ScalarKind): Schema<T> {
  return { kind };
}

export const string = scalar<string>('string');
export const boolean = scalar<boolean>('boolean');
export const int32 = scalar<number>('int32');
/** A number while it fits 2^53, else a bigint at run time; code that does arithmetic on one says so. */
export const int64 = scalar<number>('int64');
export const double = scalar<number>('double');
export const bytes = scalar<string>('bytes');
export const time = scalar<string>('time');
export const microTime = scalar<string>('microTime');
export const duration = scalar<string>('duration');
export const quantity = scalar<string>('quantity');
export const intOrString = scalar<number | string>('intOrString');
export const raw = scalar<AnyJson>('raw');
export const fieldsV1 = scalar<AnyJson>('fieldsV1');
export const json = scalar<AnyJson>('json');

export type ListType = 'atomic' | 'set' | 'map';

/** How a list is merged: by server-side apply (`type`, `keys`) and by strategic merge patch (`patch`, `mergeKey`). */
export interface ListOptions {
  readonly type?: ListType;
  /** The fields that name an item of a list of type `map`. */
  readonly keys?: readonly string[];
  readonly patch?: readonly ('merge' | 'replace' | 'retainKeys')[];
  readonly mergeKey?: string;
}

export interface ListSchema<T = unknown> extends Schema<T[]> {
  readonly kind: 'list';
  readonly items: Schema<T>;
  readonly type: ListType;
  readonly keys: readonly string[];
  readonly patch: readonly string[];
  readonly mergeKey: string | undefined;
}

export function list<T>(items: Schema<T>, options: ListOptions = {}): ListSchema<T> {
  const { type = 'atomic', keys = [], patch = [], mergeKey } = options;
  return { kind: 'list', items, type, keys, patch, mergeKey };
}

export interface MapSchema<T = unknown> extends Schema<Record<string, T>> {
  readonly kind: 'map';
  readonly values: Schema<T>;
  /** Server-side apply treats it as one value. */
  readonly atomic: boolean;
}

export function map<T>(values: Schema<T>, options: { atomic?: boolean } = {}): MapSchema<T> {
  return { kind: 'map', values, atomic: options.atomic ?? false };
}

export type Presence = 'field' | 'optional' | 'always';

export type FieldNumber = number | readonly number[];

export interface FieldOptions {
  readonly required?: boolean;
  /** Set when the field is absent (for `field`: zero). Defaults that depend on other fields are the struct's `defaults`. */
  readonly default?: string | number | boolean | Readonly<Record<string, never>>;
  readonly enum?: readonly string[];
  readonly doc?: string;
  /** Of an `always` field: a pointer, printed as null when it is absent. */
  readonly nullable?: boolean;
  /** Strategic merge of a struct field: `retainKeys`. */
  readonly patch?: readonly ('merge' | 'replace' | 'retainKeys')[];
  /** The feature gate that must be on for the field to be kept (machinery/gates.ts). */
  readonly gate?: string;
}

export interface Field<T = unknown, R extends boolean = boolean> extends FieldOptions {
  /** The protobuf number; a path when protobuf has the field inside embedded messages; 0 when protobuf does not carry it. */
  readonly number: FieldNumber;
  readonly schema: Schema<T>;
  readonly presence: Presence;
  readonly required: R;
}

type RequiredOf<O> = O extends { required: true } ? true : false;

function makeField(presence: Presence) {
  return <T, const O extends FieldOptions = Record<never, never>>(
    number: FieldNumber,
    schema: Schema<T>,
    options?: O,
  ): Field<T, RequiredOf<O>> => ({
    ...options,
    number,
    schema,
    presence,
    required: (options?.required ?? false) as RequiredOf<O>,
  });
}

export const field = makeField('field');
export const optional = makeField('optional');
export const always = makeField('always');

// biome-ignore lint/suspicious/noExplicitAny: a field of any type
export type Fields = Readonly<Record<string, Field<any, boolean>>>;

type RequiredKeys<F extends Fields> = { [K in keyof F]: F[K] extends Field<unknown, true> ? K : never }[keyof F];
type FieldType<F> = F extends Field<infer T, boolean> ? T : never;

export type StructType<F extends Fields> = { [K in RequiredKeys<F>]: FieldType<F[K]> } & {
  [K in Exclude<keyof F, RequiredKeys<F>>]?: FieldType<F[K]> | undefined;
};

export interface StructOptions<T> {
  readonly doc?: string;
  /** Server-side apply treats it as one value. */
  readonly atomic?: boolean;
  /**
   * Defaults that depend on other fields, run after the constant defaults of the same struct and before its children's.
   * Mutates a value that is not shared yet.
   */
  readonly defaults?: (value: T) => void;
  /** The group, version and kind when the type is the root of an object. */
  readonly gvk?: Gvk;
}

export interface Gvk {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface StructSchema<F extends Fields = Fields, T = StructType<F>> extends Schema<T> {
  readonly kind: 'struct';
  /** The published name, `io.k8s.api.apps.v1.DeploymentSpec`. */
  readonly name: string;
  readonly fields: F;
  readonly doc: string | undefined;
  readonly atomic: boolean;
  readonly defaults: ((value: AnyJson) => void) | undefined;
  readonly gvk: Gvk | undefined;
}

export function struct<const F extends Fields>(
  name: string,
  fields: F,
  options: StructOptions<StructType<F>> = {},
): StructSchema<F> {
  const { doc, atomic = false, defaults, gvk } = options;
  return { kind: 'struct', name, fields, doc, atomic, defaults, gvk };
}

export interface LazySchema<T = unknown> extends Schema<T> {
  readonly kind: 'lazy';
  readonly target: () => Schema<T>;
}

/** For a type that holds itself, such as a JSON schema. */
export function lazy<T>(target: () => Schema<T>): LazySchema<T> {
  return { kind: 'lazy', target };
}

/** The schema itself, whatever stands in front of it. */
export function resolved(schema: Schema): Schema {
  return schema.kind === 'lazy' ? resolved((schema as LazySchema).target()) : schema;
}

export const isStruct = (schema: Schema): schema is StructSchema => schema.kind === 'struct';
export const isList = (schema: Schema): schema is ListSchema => schema.kind === 'list';
export const isMap = (schema: Schema): schema is MapSchema => schema.kind === 'map';

/** `DeploymentSpec` of `io.k8s.api.apps.v1.DeploymentSpec`. */
export function shortName(schema: StructSchema): string {
  return schema.name.slice(schema.name.lastIndexOf('.') + 1);
}
