/** Claims and volumes: not deleted while in use, of the default class when they name none, grown only where that works. */

import type { StorageClass } from '#api/storage/storage-class.ts';
import type { Admission } from '#apiserver/admission/admission.ts';
import { on, refusal } from '#apiserver/admission/admission.ts';
import { newestDefault } from '#apiserver/admission/default-class.ts';
import type { Objects } from '#apiserver/objects.ts';
import { compareQuantities } from '#machinery/quantity.ts';

const protections: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
  volumeattributesclasses: 'kubernetes.io/vac-protection',
};

const handlesCore = on(['CREATE'], '', 'persistentvolumeclaims', 'persistentvolumes');
const handlesClasses = on(['CREATE'], 'storage.k8s.io', 'volumeattributesclasses');

/** A controller takes the finalizer away when nothing uses the object any more. */
export const storageObjectInUseProtection: Admission = {
  name: 'StorageObjectInUseProtection',
  handles: asked => handlesCore(asked) || handlesClasses(asked),
  mutate({ resource, object }) {
    const finalizer = protections[resource]!;
    const finalizers: readonly string[] = object.metadata.finalizers ?? [];
    if (!finalizers.includes(finalizer)) object.metadata.finalizers = [...finalizers, finalizer];
  },
};

const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];
/** What claims said before there was a field; empty counts as said. */
const oldClassAnnotation = 'volume.beta.kubernetes.io/storage-class';

export function defaultStorageClass(classes: Objects<StorageClass>): Admission {
  return {
    name: 'DefaultStorageClass',
    handles: on(['CREATE'], '', 'persistentvolumeclaims'),
    mutate({ object }) {
      const said =
        object.spec.storageClassName != null || Object.hasOwn(object.metadata.annotations ?? {}, oldClassAnnotation);
      const name = said ? undefined : newestDefault(classes.list(), defaultAnnotations)?.metadata?.name;
      if (name !== undefined) object.spec.storageClassName = name;
    },
  };
}

export function persistentVolumeClaimResize(classes: Objects<StorageClass>): Admission {
  return {
    name: 'PersistentVolumeClaimResize',
    handles: on(['UPDATE'], '', 'persistentvolumeclaims'),
    validate(request) {
      const { object, old } = request;
      const now = object.spec?.resources?.requests?.storage ?? '0';
      const before = old.spec?.resources?.requests?.storage ?? '0';
      if (compareQuantities(now, before) <= 0) return;
      const name = object.metadata.annotations?.[oldClassAnnotation] ?? object.spec.storageClassName ?? '';
      if (name !== '' && classes.get('', name)?.allowVolumeExpansion) return;
      const why = 'and the storageclass that provisions the pvc must support resize';
      throw refusal(request, `only dynamically provisioned pvc can be resized ${why}`);
    },
  };
}
