import { PodTemplateSpec } from '#api/core/pod-spec.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, string, struct } from '#machinery/schema.ts';

export const PodTemplate = struct(
  'io.k8s.api.core.v1.PodTemplate',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    template: always(2, PodTemplateSpec, { doc: 'The Pods.' }),
  },
  { doc: 'A template of Pods, kept by itself.', gvk: { group: '', version: 'v1', kind: 'PodTemplate' } },
);
export interface PodTemplate extends TypeOf<typeof PodTemplate> {}

export const podTemplates = defineResource({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  singular: 'podtemplate',
  namespaced: true,
  verbs: allVerbs,
  schema: PodTemplate,
});
