/** OpenAPI documents: one for each group and version (v3), and one for all of them (v2). */

import { type Dialect, SchemaBook } from '#apiserver/openapi/schemas.ts';
import type { ServedResources } from '#apiserver/served.ts';
import { DeleteOptions, ListMeta, Status } from '#machinery/meta.ts';
import type { Resource, Verb } from '#machinery/resource.ts';
import type { AnyJson, StructSchema } from '#machinery/schema.ts';

const info = { title: 'Kubernetes', version: 'v1.36.3' };

interface Parameter {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean';
  readonly description: string;
}

const writeParameters: readonly Parameter[] = [
  { name: 'dryRun', type: 'string', description: 'All: nothing is stored.' },
  { name: 'fieldManager', type: 'string', description: 'Who owns the fields that this write sets.' },
  {
    name: 'fieldValidation',
    type: 'string',
    description: 'Ignore, Warn or Strict: what happens to unknown and repeated fields.',
  },
];

const listParameters: readonly Parameter[] = [
  { name: 'allowWatchBookmarks', type: 'boolean', description: 'Events of type BOOKMARK are sent.' },
  { name: 'continue', type: 'string', description: 'The token of the page before.' },
  { name: 'fieldSelector', type: 'string', description: 'Only objects whose fields match.' },
  { name: 'labelSelector', type: 'string', description: 'Only objects whose labels match.' },
  { name: 'limit', type: 'integer', description: 'The most items of a page.' },
  { name: 'resourceVersion', type: 'string', description: 'How fresh the answer must be, or where a watch begins.' },
  { name: 'resourceVersionMatch', type: 'string', description: 'What resourceVersion means.' },
  { name: 'sendInitialEvents', type: 'boolean', description: 'The watch begins with what there is.' },
  { name: 'timeoutSeconds', type: 'integer', description: 'How long the call may take.' },
  { name: 'watch', type: 'boolean', description: 'Changes, as they come.' },
];

const deleteParameters: readonly Parameter[] = [
  { name: 'dryRun', type: 'string', description: 'All: nothing is stored.' },
  { name: 'gracePeriodSeconds', type: 'integer', description: 'How long the object may take to end.' },
  { name: 'orphanDependents', type: 'boolean', description: 'What it owns stays.' },
  { name: 'propagationPolicy', type: 'string', description: 'Orphan, Background or Foreground.' },
];

/** Verb of the API, the HTTP method, where it is, and what upstream calls the action. */
const operations: readonly (readonly [Verb, string, 'collection' | 'object', string, readonly Parameter[]])[] = [
  ['list', 'get', 'collection', 'list', listParameters],
  ['create', 'post', 'collection', 'post', writeParameters],
  ['deletecollection', 'delete', 'collection', 'deletecollection', [...listParameters, ...deleteParameters]],
  ['get', 'get', 'object', 'get', []],
  ['update', 'put', 'object', 'put', writeParameters],
  [
    'patch',
    'patch',
    'object',
    'patch',
    [...writeParameters, { name: 'force', type: 'boolean', description: 'Apply takes what others own.' }],
  ],
  ['delete', 'delete', 'object', 'delete', deleteParameters],
];

const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

export function openApiV3(resources: ServedResources, group: string, version: string): AnyJson {
  const book = new SchemaBook('v3');
  const paths: Record<string, AnyJson> = {};
  for (const { resource } of resources.all()) {
    if (resource.group === group && resource.version === version) addResource(book, 'v3', paths, resource);
  }
  book.refer(Status, [{ group: '', version: 'v1', kind: 'Status' }]);
  book.refer(DeleteOptions, [{ group: '', version: 'v1', kind: 'DeleteOptions' }]);
  return { openapi: '3.0.0', info, paths, components: { schemas: sorted(book.schemas) } };
}

export function openApiV2(resources: ServedResources): AnyJson {
  const book = new SchemaBook('v2');
  const paths: Record<string, AnyJson> = {};
  for (const { resource } of resources.all()) addResource(book, 'v2', paths, resource);
  book.refer(DeleteOptions, [{ group: '', version: 'v1', kind: 'DeleteOptions' }]);
  return { swagger: '2.0', info, paths: sorted(paths), definitions: sorted(book.schemas) };
}

function sorted(record: Record<string, AnyJson>): Record<string, AnyJson> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function addResource(book: SchemaBook, dialect: Dialect, paths: Record<string, AnyJson>, resource: Resource): void {
  const { group, version, kind, schema } = resource;
  const gvk = { group, version, kind };
  book.refer(schema, [gvk]);
  if (resource.verbs.includes('list')) book.referList(schema, ListMeta as StructSchema, gvk);
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = `${root}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`;
  for (const [verb, method, place, action, parameters] of operations) {
    if (!resource.verbs.includes(verb)) continue;
    const path = place === 'collection' ? collection : `${collection}/{name}`;
    paths[path] ??= { parameters: pathParameters(dialect, path) };
    paths[path][method] = operation(book, dialect, resource, action, method, parameters);
  }
  if (resource.namespaced && resource.verbs.includes('list')) {
    const everywhere = `${root}/${resource.plural}`;
    paths[everywhere] = { get: operation(book, dialect, resource, 'list', 'get', listParameters) };
  }
}

function pathParameters(dialect: Dialect, path: string): AnyJson[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    description: `The ${name} of the object.`,
    ...typed(dialect, 'string'),
  }));
}

function typed(dialect: Dialect, type: string): AnyJson {
  return dialect === 'v3' ? { schema: { type, uniqueItems: true } } : { type, uniqueItems: true };
}

function operation(
  book: SchemaBook,
  dialect: Dialect,
  resource: Resource,
  action: string,
  method: string,
  parameters: readonly Parameter[],
): AnyJson {
  const { group, version, kind, schema } = resource;
  const answer =
    action === 'list'
      ? book.referList(schema, ListMeta as StructSchema, resource)
      : action === 'deletecollection'
        ? book.refer(Status)
        : book.refer(schema);
  const query = parameters.map(({ name, type, description }) => ({
    name,
    in: 'query',
    description,
    ...typed(dialect, type),
  }));
  const media = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
  const body =
    method === 'post' || method === 'put' ? book.refer(schema) : method === 'patch' ? { type: 'object' } : undefined;
  const types = method === 'patch' ? patchTypes : media;
  return {
    tags: [`${group === '' ? 'core' : group}_${version}`],
    description: `${action} ${kind}`,
    operationId: `${action}${group === '' ? 'Core' : group}${version}${resource.namespaced ? 'Namespaced' : ''}${kind}`,
    parameters:
      dialect === 'v2' && body !== undefined
        ? [{ name: 'body', in: 'body', required: true, schema: body }, ...query]
        : query,
    ...(dialect === 'v3' && body !== undefined
      ? { requestBody: { content: Object.fromEntries(types.map(type => [type, { schema: body }])) } }
      : {}),
    ...(dialect === 'v2' ? { consumes: types, produces: media, schemes: ['https'] } : {}),
    responses: {
      200:
        dialect === 'v3'
          ? { description: 'OK', content: Object.fromEntries(media.map(type => [type, { schema: answer }])) }
          : { description: 'OK', schema: answer },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, kind, version },
  };
}
