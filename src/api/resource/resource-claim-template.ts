import { ResourceClaimSpec } from '#api/resource/device.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, string, struct } from '#machinery/schema.ts';

export const ResourceClaimTemplateSpec = struct(
  'io.k8s.api.resource.v1.ResourceClaimTemplateSpec',
  {
    metadata: always(1, ObjectMeta, { doc: 'Labels and annotations of the claims.' }),
    spec: always(2, ResourceClaimSpec, { required: true, doc: 'What the claims ask for.' }),
  },
  { doc: 'A claim to be made.' },
);
export interface ResourceClaimTemplateSpec extends TypeOf<typeof ResourceClaimTemplateSpec> {}

export const ResourceClaimTemplate = struct(
  'io.k8s.api.resource.v1.ResourceClaimTemplate',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, ResourceClaimTemplateSpec, { required: true }),
  },
  {
    doc: 'A template of claims: each Pod gets one of its own.',
    gvk: { group: 'resource.k8s.io', version: 'v1', kind: 'ResourceClaimTemplate' },
  },
);
export interface ResourceClaimTemplate extends TypeOf<typeof ResourceClaimTemplate> {}

export const resourceClaimTemplates = defineResource({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  singular: 'resourceclaimtemplate',
  namespaced: true,
  verbs: allVerbs,
  schema: ResourceClaimTemplate,
});
