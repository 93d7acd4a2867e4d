/** Nodes. */

import type { Node } from '#api/core/node.ts';
import { nodes } from '#api/core/node.ts';
import type { Taint } from '#api/core/scheduling.ts';
import { Taint as TaintSchema } from '#api/core/scheduling.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { roundAmounts } from '#apiserver/resources/core/pod-preparation.ts';
import { inspectAmount } from '#apiserver/resources/core/pod-resources.ts';
import { taintEffects } from '#apiserver/resources/core/pod-scheduling.ts';
import { internalJson } from '#apiserver/resources/internal-form.ts';
import { aboveZero, addProblems } from '#apiserver/resources/messages.ts';
import { keepStatus, statusRules } from '#apiserver/resources/status-subresource.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';
import { parseRange } from '#lib/ip.ts';
import { clusterFieldsOf } from '#machinery/selector/field-selector.ts';
import { validateLegacyCidr } from '#machinery/validation/addresses.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { forbidden, internal, invalid, notSupported, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkLabelValue, checkQualifiedName } from '#machinery/validation/names.ts';

export const nodeStrategy: Strategy<Node> = {
  resource: nodes,
  prepareCreate: normalize,
  validateCreate: validateNode,
  warnOnCreate: warnings,
  prepareUpdate(node, old) {
    keepStatus(node, old);
    normalize(node);
  },
  validateUpdate: validateNodeUpdate,
  warnOnUpdate: warnings,
  subresources: {
    status: {
      prepareUpdate(node, old) {
        statusRules<Node>().prepareUpdate?.(node, old, { nowMs: 0, user: { name: '', groups: [] }, dryRun: false });
        normalize(node);
      },
      validateUpdate: validateNodeUpdate,
    },
  },
  fieldRules: clusterFieldsOf(['spec.unschedulable']),
  selectableFields: ({ spec }) => ({ 'spec.unschedulable': String(spec?.unschedulable ?? false) }),
  columns: [
    nameColumn,
    textColumn('Status', readiness),
    textColumn('Roles', roles),
    ageColumn,
    textColumn('Version', ({ status }) => status?.nodeInfo?.kubeletVersion),
    textColumn('Internal-IP', node => address(node, 'InternalIP'), 1),
    textColumn('External-IP', node => address(node, 'ExternalIP'), 1),
    textColumn('OS-Image', ({ status }) => status?.nodeInfo?.osImage || '<unknown>', 1),
    textColumn('Kernel-Version', kernel, 1),
    textColumn('Container-Runtime', ({ status }) => status?.nodeInfo?.containerRuntimeVersion || '<unknown>', 1),
  ],
};

/** Amounts are counted in thousandths. */
function normalize({ status }: Node): void {
  roundAmounts(status?.capacity);
  roundAmounts(status?.allocatable);
}

function warnings({ spec }: Node): string[] {
  return [
    ...(spec?.configSource ? ['spec.configSource: the feature is no longer supported'] : []),
    ...(spec?.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
  ];
}

function validateNode(node: Node): FieldError[] {
  const errors: FieldError[] = [];
  inspectAnnotations(node, errors);
  inspectTaints(node.spec?.taints ?? [], 'metadata.taints', errors);
  inspectResources(node, errors);
  inspectSwap(node, errors);
  inspectRanges(node.spec?.podCIDRs ?? [], 'spec.podCIDRs', errors);
  return errors;
}

function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  const errors: FieldError[] = validateNode(node);
  inspectAnnotations(node, errors);
  inspectResources(node, errors);
  const seen = new Set<string>();
  (node.status?.addresses ?? []).forEach((each, i) => {
    const shown = JSON.stringify({ Type: each.type, Address: each.address });
    if (seen.has(shown)) {
      errors.push({
        type: 'FieldValueDuplicate',
        path: `status.addresses[${i}]`,
        message: `Duplicate value: ${shown}`,
      });
    }
    seen.add(shown);
  });
  const before = old.spec?.podCIDRs ?? [];
  const now = node.spec?.podCIDRs ?? [];
  if (before.length > 0) {
    const changed = before.length === now.length ? before.filter((range, i) => range !== now[i]) : [''];
    for (const _ of changed) {
      errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
    }
  }
  if (old.spec?.providerID && node.spec?.providerID !== old.spec.providerID) {
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  if ((old.spec?.externalID ?? '') !== (node.spec?.externalID ?? '')) {
    errors.push(forbidden('spec.externalID', 'may not be updated'));
  }
  inspectTaints(node.spec?.taints ?? [], 'metadata.taints', errors);
  return errors;
}

/** Annotations of old that hold JSON. */
const jsonAnnotations = ['scheduler.alpha.kubernetes.io/taints', 'scheduler.alpha.kubernetes.io/preferAvoidPods'];

function inspectAnnotations({ metadata }: Node, errors: FieldError[]): void {
  for (const key of jsonAnnotations) {
    const text = metadata?.annotations?.[key];
    if (!text) continue;
    try {
      JSON.parse(text);
    } catch {
      const problem = `invalid character '${text.trim()[0]}' looking for beginning of value`;
      errors.push(invalid('metadata.annotations', key, problem));
    }
  }
}

function inspectTaints(taints: readonly Taint[], path: FieldPath, errors: FieldError[]): void {
  const seen = new Set<string>();
  taints.forEach((taint, i) => {
    const { key, value = '', effect } = taint;
    const at = `${path}[${i}]`;
    addProblems(errors, `${at}.key`, key, checkQualifiedName(key));
    const problems = checkLabelValue(value);
    if (problems.length > 0) errors.push(invalid(`${at}.value`, value, problems.join(';')));
    if (effect === '') errors.push(required(`${at}.effect`));
    else if (!taintEffects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, taintEffects));
    const pair = `${effect} ${key}`;
    if (seen.has(pair)) {
      const shown = internalJson(TaintSchema, taint);
      const message = `Duplicate value: ${shown}: taints must be unique by key and effect pair`;
      errors.push({ type: 'FieldValueDuplicate', path: at, message });
    }
    seen.add(pair);
  });
}

function inspectResources({ status }: Node, errors: FieldError[]): void {
  for (const side of ['capacity', 'allocatable'] as const) {
    for (const [resource, amount] of Object.entries(status?.[side] ?? {})) {
      inspectAmount(resource, amount, `status.${side}.${resource}`, errors);
    }
  }
}

function inspectSwap({ status }: Node, errors: FieldError[]): void {
  const capacity = status?.nodeInfo?.swap?.capacity;
  if (capacity !== undefined && capacity <= 0) {
    errors.push(invalid('metadata.nodeSwapStatus.capacity', capacity, aboveZero));
  }
}

function inspectRanges(ranges: readonly string[], path: FieldPath, errors: FieldError[]): void {
  ranges.forEach((range, i) => {
    errors.push(...validateLegacyCidr(`${path}[${i}]`, range));
  });
  if (ranges.length < 2) return;
  const families = ranges.map(range => parseRange(range)?.address.bits);
  const unread = families.indexOf(undefined);
  if (unread >= 0) {
    const why = `invalid CIDR[${unread}]: <nil> (invalid CIDR address: ${ranges[unread]})`;
    errors.push(internal(path, `invalid PodCIDRs. failed to check with dual stack with error:${why}`));
  }
  if (ranges.length > 2 || families[0] === families[1]) {
    errors.push(invalid(path, ranges, 'may specify no more than one CIDR for each IP family'));
  }
}

function readiness({ spec, status }: Node): string {
  const ready = status?.conditions?.find(condition => condition.type === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable ? `${word},SchedulingDisabled` : word;
}

const rolePrefix = 'node-role.kubernetes.io/';

function roles({ metadata }: Node): string {
  const found = Object.entries(metadata?.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return key === rolePrefix ? [] : [key.slice(rolePrefix.length)];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return found.length === 0 ? '<none>' : [...new Set(found)].sort().join(',');
}

function kernel({ status }: Node): string {
  const { kernelVersion, architecture } = status?.nodeInfo ?? {};
  if (!kernelVersion) return '<unknown>';
  return architecture ? `${kernelVersion} (${architecture})` : kernelVersion;
}

function address({ status }: Node, type: string): string {
  return status?.addresses?.find(each => each.type === type)?.address ?? '<none>';
}
