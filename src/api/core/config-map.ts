import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, boolean, bytes, field, map, optional, string, struct } from '#machinery/schema.ts';

export const ConfigMap = struct(
  'io.k8s.api.core.v1.ConfigMap',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    immutable: optional(4, boolean, { doc: 'True forbids changes of the data from then on.' }),
    data: field(2, map(string), { doc: 'Values that are text.' }),
    binaryData: field(3, map(bytes), { doc: 'Values that are bytes, in base64. Keys differ from those of data.' }),
  },
  { doc: 'Settings for Pods, by key.', gvk: { group: '', version: 'v1', kind: 'ConfigMap' } },
);
export interface ConfigMap extends TypeOf<typeof ConfigMap> {}

export const configMaps = defineResource({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['cm'],
  schema: ConfigMap,
});
