/** The indexes that several parts use. */

import type { Index } from '#client/informer.ts';
import type { ApiObject } from '#client/object.ts';

/** By the uid of the owner that controls the object. */
export const byController: Index<ApiObject> = {
  name: 'controller',
  valuesOf: object => {
    const controller = object.metadata.ownerReferences?.find(owner => owner.controller);
    return controller === undefined ? [] : [controller.uid];
  },
};

/** Pods by the node they run on; those of no node under ''. */
export const byNodeName: Index<{ spec?: { nodeName?: string | undefined } | undefined }> = {
  name: 'nodeName',
  valuesOf: pod => [pod.spec.nodeName ?? ''],
};
