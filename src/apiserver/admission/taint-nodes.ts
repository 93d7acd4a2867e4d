/** A new Node gets no Pods until its conditions say that it is ready: the node controller takes the taint away. */

import type { Admission } from '#apiserver/admission/admission.ts';
import { on } from '#apiserver/admission/admission.ts';
import type { AnyJson } from '#machinery/schema.ts';

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

export const taintNodesByCondition: Admission = {
  name: 'TaintNodesByCondition',
  handles: on(['CREATE'], '', 'nodes'),
  mutate({ object }) {
    object.spec ??= {};
    const taints: AnyJson[] = object.spec.taints ?? [];
    if (taints.some(taint => taint.key === notReady.key && taint.effect === notReady.effect)) return;
    object.spec.taints = [...taints, { ...notReady }];
  },
};
