import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, int64, optional, raw, string, struct } from '#machinery/schema.ts';

export const ControllerRevision = struct(
  'io.k8s.api.apps.v1.ControllerRevision',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    data: optional(2, raw, { doc: 'The state that is kept.' }),
    revision: always(3, int64, { required: true, doc: 'Number of the revision. Higher is newer.' }),
  },
  {
    doc: 'A template as it once was, kept by its controller for going back.',
    gvk: { group: 'apps', version: 'v1', kind: 'ControllerRevision' },
  },
);
export interface ControllerRevision extends TypeOf<typeof ControllerRevision> {}

export const controllerRevisions = defineResource({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  singular: 'controllerrevision',
  namespaced: true,
  verbs: allVerbs,
  schema: ControllerRevision,
});
