/** The indexes that several parts use. */

import type { Index } from '#client/informer.ts';
import type { ApiObject } from '#client/object.ts';

/** By the uid of the owner that controls the object; those that nobody controls under `orphanOf(namespace)`. */
export const byOwner: Index<ApiObject> = {
  name: 'owner',
  valuesOf: object => {
    const controller = object.metadata.ownerReferences?.find(owner => owner.controller);
    return [controller?.uid ?? orphanOf(object.metadata.namespace)];
  },
};

export const orphanOf = (namespace: string | undefined) => `orphan/${namespace ?? ''}`;

/** Pods by the node they run on; those of no node under ''. */
export const byNodeName: Index<{ spec?: { nodeName?: string | undefined } | undefined }> = {
  name: 'nodeName',
  valuesOf: pod => [pod.spec.nodeName ?? ''],
};
