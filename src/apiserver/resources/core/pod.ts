/** Pods. */

import type { Pod } from '#api/core/pod.ts';
import { pods } from '#api/core/pod.ts';
import { podColumns } from '#apiserver/resources/core/pod-columns.ts';
import { canonicalSpec, preparePodCreate, preparePodSpec } from '#apiserver/resources/core/pod-preparation.ts';
import {
  prepareEphemeralUpdate,
  prepareResize,
  validateEphemeralUpdate,
  validatePodStatusUpdate,
  validateResize,
} from '#apiserver/resources/core/pod-status.ts';
import { validatePodUpdate } from '#apiserver/resources/core/pod-update.ts';
import { validatePodCreate } from '#apiserver/resources/core/pod-validation.ts';
import { podWarnings } from '#apiserver/resources/core/pod-warnings.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { fieldsOf } from '#machinery/selector/field-selector.ts';

const selectable = [
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.serviceAccountName',
  'spec.hostNetwork',
  'status.phase',
  'status.podIP',
  'status.podIPs',
  'status.nominatedNodeName',
];

/** What a kubelet cannot change with the status. */
const statusResets = [['spec'], ['metadata', 'deletionTimestamp'], ['metadata', 'ownerReferences']];

export const podStrategy: Strategy<Pod> = {
  resource: pods,
  hasGeneration: true,
  returnsDeleted: true,
  prepareCreate: (pod, context) => preparePodCreate(pod, context.nowMs),
  validateCreate: pod => validatePodCreate(pod),
  warnOnCreate: pod => podWarnings(pod),
  prepareUpdate(pod, old) {
    if (pod.spec) {
      preparePodSpec(pod.spec);
      pod.spec = canonicalSpec(pod.spec);
    }
    pod.status = old.status;
  },
  validateUpdate: validatePodUpdate,
  subresources: {
    status: {
      prepareUpdate(pod, old) {
        pod.spec = old.spec;
        if (pod.metadata) {
          delete pod.metadata.deletionTimestamp;
          if (old.metadata?.deletionTimestamp) pod.metadata.deletionTimestamp = old.metadata.deletionTimestamp;
          if (old.metadata?.ownerReferences) pod.metadata.ownerReferences = old.metadata.ownerReferences;
          else delete pod.metadata.ownerReferences;
        }
        // The class is worked out once; a kubelet that does not know it leaves it.
        if (!pod.status?.qosClass) pod.status = { ...pod.status, qosClass: old.status?.qosClass };
      },
      validateUpdate: validatePodStatusUpdate,
    },
    ephemeralcontainers: { prepareUpdate: prepareEphemeralUpdate, validateUpdate: validateEphemeralUpdate },
    resize: { prepareUpdate: prepareResize, validateUpdate: validateResize },
  },
  resetFields: subresource => (subresource === 'status' ? statusResets : subresource === '' ? [['status']] : []),
  gracePeriod,
  fieldRules: fieldsOf(selectable),
  selectableFields: pod => ({
    'spec.nodeName': pod.spec?.nodeName ?? '',
    'spec.restartPolicy': pod.spec?.restartPolicy ?? '',
    'spec.schedulerName': pod.spec?.schedulerName ?? '',
    'spec.serviceAccountName': pod.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': String(pod.spec?.hostNetwork ?? false),
    'status.phase': pod.status?.phase ?? '',
    'status.podIP': pod.status?.podIPs?.[0]?.ip ?? '',
    'status.podIPs': pod.status?.podIPs?.[0]?.ip ?? '',
    'status.nominatedNodeName': pod.status?.nominatedNodeName ?? '',
  }),
  columns: podColumns,
};

/** As long as the Pod says, unless the request says otherwise; at once when no kubelet has it or nothing runs any more. */
function gracePeriod(pod: Pod, asked: number | undefined): number | undefined {
  const wanted = asked ?? pod.spec?.terminationGracePeriodSeconds ?? 0;
  const isOver = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
  if (!pod.spec?.nodeName || isOver) return 0;
  return wanted < 0 ? 1 : wanted;
}
