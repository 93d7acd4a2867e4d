/** The schema of every type that a resource is made of, in OpenAPI: from the definitions, the same ones that decode and validate. */

import type { AnyJson, Field, Gvk, ListSchema, MapSchema, Schema, StructSchema } from '#machinery/schema.ts';
import { isList, isMap, isStruct, resolved } from '#machinery/schema.ts';

/** How a document refers to a schema: `#/components/schemas/` in version 3, `#/definitions/` in version 2. */
export type Dialect = 'v3' | 'v2';

const places: Record<Dialect, string> = { v3: '#/components/schemas/', v2: '#/definitions/' };

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** A scalar that has a name of its own in the published API. Version 2 cannot say `oneOf` and calls it a string. */
interface NamedScalar {
  readonly name: string;
  readonly v2: AnyJson;
  readonly v3: AnyJson;
}

function named(name: string, doc: string, shape: AnyJson): NamedScalar {
  return { name, v2: { description: doc, ...shape }, v3: { description: doc, ...shape } };
}

function namedChoice(name: string, doc: string, types: readonly string[], shape: AnyJson = {}): NamedScalar {
  return {
    name,
    v2: { description: doc, type: 'string', ...shape },
    v3: { description: doc, ...shape, oneOf: types.map(type => ({ type })) },
  };
}

const namedScalars: Readonly<Record<string, NamedScalar>> = {
  time: named(`${meta}.Time`, 'A time in RFC 3339, in whole seconds.', { type: 'string', format: 'date-time' }),
  microTime: named(`${meta}.MicroTime`, 'A time in RFC 3339, to the microsecond.', {
    type: 'string',
    format: 'date-time',
  }),
  quantity: namedChoice(
    'io.k8s.apimachinery.pkg.api.resource.Quantity',
    'A number with a suffix, such as 500m, 1.5, 2k or 128Mi.',
    ['string', 'number'],
  ),
  intOrString: namedChoice(
    'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    'A number or a text.',
    ['integer', 'string'],
    { format: 'int-or-string' },
  ),
  raw: named('io.k8s.apimachinery.pkg.runtime.RawExtension', 'An object of any type.', { type: 'object' }),
  fieldsV1: named(`${meta}.FieldsV1`, 'A tree of field names, as server-side apply writes it.', { type: 'object' }),
};

const plainScalars: Readonly<Record<string, AnyJson>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  duration: { type: 'string' },
  json: {},
};

/** Collects the schemas that are referred to, each once. */
export class SchemaBook {
  readonly schemas: Record<string, AnyJson> = {};
  readonly #dialect: Dialect;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** A reference to the schema, which is in the book from then on. */
  refer(schema: StructSchema, gvks: readonly Gvk[] = []): AnyJson {
    if (this.schemas[schema.name] === undefined) {
      this.schemas[schema.name] = {}; // A type that holds itself meets its own name here.
      this.schemas[schema.name] = this.#object(schema);
    }
    if (gvks.length > 0)
      this.schemas[schema.name]['x-kubernetes-group-version-kind'] = gvks.map(({ group, kind, version }) => ({
        group,
        kind,
        version,
      }));
    return { $ref: places[this.#dialect] + schema.name };
  }

  /** The list of a kind. */
  referList(item: StructSchema, listMeta: StructSchema, gvk: Gvk): AnyJson {
    const name = `${item.name}List`;
    this.schemas[name] = {
      description: `A list of ${gvk.kind} objects.`,
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: { description: 'The version of the API.', type: 'string' },
        items: { description: 'The objects.', type: 'array', items: this.#inside(this.refer(item)) },
        kind: { description: 'The kind of the object.', type: 'string' },
        metadata: { ...this.#inside(this.refer(listMeta)), description: 'Metadata of the list.' },
      },
      'x-kubernetes-group-version-kind': [{ group: gvk.group, kind: `${gvk.kind}List`, version: gvk.version }],
    };
    return { $ref: places[this.#dialect] + name };
  }

  #object(schema: StructSchema): AnyJson {
    const properties: Record<string, AnyJson> = {};
    const required: string[] = [];
    for (const name of Object.keys(schema.fields).sort()) {
      const field = schema.fields[name] as Field;
      properties[name] = this.#property(name, field);
      if (field.required) required.push(name);
    }
    return {
      ...(schema.doc === undefined ? {} : { description: schema.doc }),
      type: 'object',
      ...(required.length > 0 ? { required } : {}),
      properties,
      ...(schema.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    };
  }

  #property(name: string, field: Field): AnyJson {
    const shape = this.#shape(field.schema);
    const description = field.doc ?? standardDocs[name];
    const enumeration =
      field.enum === undefined || !('type' in shape) || shape.type !== 'string'
        ? {}
        : { enum: [...field.enum].filter(Boolean).sort() };
    return {
      ...(description === undefined ? {} : { description }),
      ...(field.default === undefined ? {} : { default: field.default }),
      ...('$ref' in shape ? this.#inside(shape) : shape),
      ...enumeration,
      ...this.#listMarks(field.schema),
      ...(field.patch === undefined ? {} : { 'x-kubernetes-patch-strategy': field.patch.join(',') }),
    };
  }

  /** In version 3 a reference beside other keywords has to be wrapped. */
  #inside(reference: AnyJson): AnyJson {
    return this.#dialect === 'v3' && '$ref' in reference ? { allOf: [reference] } : reference;
  }

  #listMarks(schema: Schema): AnyJson {
    if (isMap(schema)) return schema.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {};
    if (!isList(schema)) return {};
    return {
      ...(schema.type === 'atomic' && schema.patch.length > 0 ? {} : { 'x-kubernetes-list-type': schema.type }),
      ...(schema.keys.length > 0 ? { 'x-kubernetes-list-map-keys': schema.keys } : {}),
      ...(schema.patch.length > 0 ? { 'x-kubernetes-patch-strategy': schema.patch.join(',') } : {}),
      ...(schema.mergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': schema.mergeKey }),
    };
  }

  #shape(given: Schema): AnyJson {
    const schema = resolved(given);
    if (isStruct(schema)) return this.refer(schema);
    if (isList(schema)) return { type: 'array', items: this.#inside(this.#shape((schema as ListSchema).items)) };
    if (isMap(schema))
      return { type: 'object', additionalProperties: this.#inside(this.#shape((schema as MapSchema).values)) };
    const scalar = namedScalars[schema.kind];
    if (scalar === undefined) return { ...plainScalars[schema.kind] };
    this.schemas[scalar.name] ??= scalar[this.#dialect];
    return { $ref: places[this.#dialect] + scalar.name };
  }
}

/** Fields that mean the same wherever they stand. */
const standardDocs: Readonly<Record<string, string>> = {
  apiVersion: 'The version of the API that the object is written in, for example apps/v1.',
  kind: 'The kind of the object, in CamelCase.',
  metadata: 'Name, namespace, labels and what the server keeps about the object.',
  spec: 'What is wanted.',
  status: 'What is observed. Written by the system.',
};
