import { PersistentVolumeClaimSpec } from '#api/core/persistent-volume-claim-spec.ts';
import { PersistentVolumeClaimStatus } from '#api/core/shared.ts';
import { ObjectMeta } from '#machinery/meta.ts';
import { allVerbs, defineResource } from '#machinery/resource.ts';
import type { TypeOf } from '#machinery/schema.ts';
import { always, field, string, struct } from '#machinery/schema.ts';

export const PersistentVolumeClaim = struct(
  'io.k8s.api.core.v1.PersistentVolumeClaim',
  {
    kind: field(0, string),
    apiVersion: field(0, string),
    metadata: always(1, ObjectMeta),
    spec: always(2, PersistentVolumeClaimSpec),
    status: always(3, PersistentVolumeClaimStatus),
  },
  { gvk: { group: '', version: 'v1', kind: 'PersistentVolumeClaim' } },
);
export interface PersistentVolumeClaim extends TypeOf<typeof PersistentVolumeClaim> {}

export const persistentVolumeClaims = defineResource({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  namespaced: true,
  verbs: allVerbs,
  shortNames: ['pvc'],
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
  schema: PersistentVolumeClaim,
});
