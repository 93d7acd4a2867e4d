/** What a RuntimeClass brings to its Pods: overhead, where they may run, and the taints they tolerate there. */

import type { RuntimeClass } from '#api/node/runtime-class.ts';
import type { Admission, AdmissionRequest } from '#apiserver/admission/admission.ts';
import { on, refusal } from '#apiserver/admission/admission.ts';
import { mergeTolerations } from '#apiserver/admission/tolerations.ts';
import type { Objects } from '#apiserver/objects.ts';
import { compareQuantities } from '#machinery/quantity.ts';
import { quote } from '#machinery/validation/field-error.ts';

type Quantities = Readonly<Record<string, string>>;

export function runtimeClassAdmission(classes: Objects<RuntimeClass>): Admission {
  return {
    name: 'RuntimeClass',
    handles: on(['CREATE'], '', 'pods'),
    mutate(request) {
      const name: string | undefined = request.object.spec.runtimeClassName;
      if (name == null) return;
      const found = classes.get('', name);
      // It may have come a moment ago, through another server.
      if (found === undefined) return classes.latest('', name).then(latest => complete(request, name, latest));
      complete(request, name, found);
    },
    validate(request) {
      const { runtimeClassName, overhead } = request.object.spec;
      const fixed = runtimeClassName == null ? undefined : classes.get('', runtimeClassName)?.overhead?.podFixed;
      if (fixed !== undefined) return checkOverhead(request, fixed);
      if (overhead != null && Object.keys(overhead).length > 0) {
        throw refusal(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
      }
    },
  };
}

function complete(request: AdmissionRequest, name: string, found: RuntimeClass | undefined): void {
  if (found === undefined) throw refusal(request, `pod rejected: RuntimeClass ${quote(name)} not found`);
  const { spec } = request.object;
  if (found.overhead?.podFixed !== undefined) {
    if (spec.overhead != null) checkOverhead(request, found.overhead.podFixed);
    spec.overhead = { ...found.overhead.podFixed };
  }
  const { nodeSelector = {}, tolerations = [] } = found.scheduling ?? {};
  for (const [key, value] of Object.entries(nodeSelector)) {
    const own: Quantities = spec.nodeSelector ?? {};
    if (Object.hasOwn(own, key) && own[key] !== value) {
      const both = `runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`;
      throw refusal(request, `conflict: ${both}`);
    }
  }
  if (Object.keys(nodeSelector).length > 0) spec.nodeSelector = { ...spec.nodeSelector, ...nodeSelector };
  if (tolerations.length > 0) spec.tolerations = mergeTolerations(spec.tolerations ?? [], tolerations);
}

function checkOverhead(request: AdmissionRequest, fixed: Quantities): void {
  const own: Quantities = request.object.spec.overhead ?? {};
  const keys = new Set([...Object.keys(fixed), ...Object.keys(own)]);
  const equal = [...keys].every(
    key => Object.hasOwn(own, key) && Object.hasOwn(fixed, key) && compareQuantities(own[key]!, fixed[key]!) === 0,
  );
  if (!equal) throw refusal(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
}
