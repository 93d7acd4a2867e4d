/** The priority of a Pod comes from its class, or from the class that is the default, and from nowhere else. */

import type { PriorityClass } from '#api/scheduling/priority-class.ts';
import type { Admission, AdmissionRequest } from '#apiserver/admission/admission.ts';
import { on, refusal } from '#apiserver/admission/admission.ts';
import type { Objects } from '#apiserver/objects.ts';

const systemClasses = ['system-node-critical', 'system-cluster-critical'];

export function priorityAdmission(classes: Objects<PriorityClass>): Admission {
  const handlesPods = on(['CREATE', 'UPDATE'], '', 'pods');
  const handlesClasses = on(['CREATE', 'UPDATE', 'DELETE'], 'scheduling.k8s.io', 'priorityclasses');
  return {
    name: 'Priority',
    handles: asked => handlesPods(asked) || handlesClasses(asked),
    mutate(request) {
      if (request.resource !== 'pods') return;
      if (request.operation === 'UPDATE') return keep(request);
      const { spec } = request.object;
      const name = spec.priorityClassName ?? '';
      const found = name === '' ? defaultClass(classes) : classes.get('', name);
      if (found !== undefined || name === '') return resolve(request, found);
      return classes.latest('', name).then(latest => resolve(request, latest));
    },
    validate(request) {
      if (request.resource !== 'priorityclasses') return;
      if (request.operation === 'DELETE') return keepSystemClass(request);
      if (!request.object.globalDefault) return;
      const current = defaultClass(classes)?.metadata?.name;
      if (current === undefined || (request.operation === 'UPDATE' && current === request.name)) return;
      throw refusal(request, `PriorityClass ${current} is already marked as default. Only one default can exist`);
    },
  };
}

/** What the cluster's own Pods are of stays. */
function keepSystemClass(request: AdmissionRequest): void {
  if (!systemClasses.includes(request.name)) return;
  throw refusal(request, 'this is a system priority class and cannot be deleted');
}

/** The lowest, should there be several after a race. */
function defaultClass(classes: Objects<PriorityClass>): PriorityClass | undefined {
  let lowest: PriorityClass | undefined;
  for (const each of classes.list()) {
    if (each.globalDefault && (lowest === undefined || (each.value ?? 0) < (lowest.value ?? 0))) lowest = each;
  }
  return lowest;
}

function resolve(request: AdmissionRequest, found: PriorityClass | undefined): void {
  const { spec } = request.object;
  if (found === undefined && spec.priorityClassName) {
    throw refusal(request, `no PriorityClass with name ${spec.priorityClassName} was found`);
  }
  const computed = 'priority admission controller computed';
  const priority = found?.value ?? 0;
  if (spec.priority != null && spec.priority !== priority) {
    const what = `the integer value of priority (${spec.priority}) must not be provided in pod spec`;
    throw refusal(request, `${what}; ${computed} ${priority} from the given PriorityClass name`);
  }
  const policy = found === undefined ? 'PreemptLowerPriority' : found.preemptionPolicy;
  if (policy != null && spec.preemptionPolicy != null && spec.preemptionPolicy !== policy) {
    const what = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec`;
    throw refusal(request, `${what}; ${computed} ${policy} from the given PriorityClass name`);
  }
  if (found?.metadata?.name) spec.priorityClassName = found.metadata.name;
  spec.priority = priority;
  if (policy != null) spec.preemptionPolicy = policy;
}

/** A PUT without what was computed means to leave it as it is. */
function keep({ object, old }: AdmissionRequest): void {
  for (const field of ['priority', 'preemptionPolicy']) {
    if (object.spec[field] == null && old.spec?.[field] != null) object.spec[field] = old.spec[field];
  }
}
