/** What a Namespace that is being deleted says about how far it is. Pure. */

import type { NamespaceCondition } from '#api/core/namespace.ts';
import type { Discovery } from '#client/discovery.ts';
import type { Emptied } from '#controllers/namespace/content.ts';
import { rfc3339 } from '#lib/clock.ts';

type Said = Pick<NamespaceCondition, 'type' | 'status' | 'reason' | 'message'>;

export function deletionConditions(
  before: readonly NamespaceCondition[],
  discovery: Discovery,
  emptied: Emptied,
  nowMs: number,
): NamespaceCondition[] {
  const conditions = [...before];
  for (const said of [
    discoveryCondition(discovery),
    parsed,
    failureCondition(emptied),
    remainingCondition(emptied),
    finalizersCondition(emptied),
  ]) {
    const at = conditions.findIndex(condition => condition.type === said.type);
    const old = conditions[at];
    if (old === undefined) conditions.push({ ...said, lastTransitionTime: rfc3339(nowMs) });
    else if (old.status !== said.status) conditions[at] = { ...said, lastTransitionTime: rfc3339(nowMs) };
    else if (old.reason !== said.reason || old.message !== said.message) conditions[at] = { ...old, ...said };
  }
  return conditions;
}

function discoveryCondition({ failures }: Discovery): Said {
  const type = 'NamespaceDeletionDiscoveryFailure';
  if (failures.length === 0) {
    return { type, status: 'False', reason: 'ResourcesDiscovered', message: 'All resources successfully discovered' };
  }
  const texts = failures.map(failure => `${failure.groupVersion}: ${failure.message}`);
  const why = `unable to retrieve the complete list of server APIs: ${texts.join(', ')}`;
  return {
    type,
    status: 'True',
    reason: 'DiscoveryFailed',
    message: `Discovery failed for some groups, ${failures.length} failing: ${why}`,
  };
}

const parsed: Said = {
  type: 'NamespaceDeletionGroupVersionParsingFailure',
  status: 'False',
  reason: 'ParsedGroupVersions',
  message: 'All legacy kube types successfully parsed',
};

function failureCondition({ failures }: Emptied): Said {
  const type = 'NamespaceDeletionContentFailure';
  if (failures.length === 0) {
    const message = 'All content successfully deleted, may be waiting on finalization';
    return { type, status: 'False', reason: 'ContentDeleted', message };
  }
  const message = `Failed to delete all resource types, ${failures.length} remaining: ${[...failures].sort().join(', ')}`;
  return { type, status: 'True', reason: 'ContentDeletionFailed', message };
}

function remainingCondition({ remaining }: Emptied): Said {
  const type = 'NamespaceContentRemaining';
  if (remaining.length === 0) {
    return { type, status: 'False', reason: 'ContentRemoved', message: 'All content successfully removed' };
  }
  const texts = remaining.map(each => `${each.plural}.${each.group} has ${each.count} resource instances`).sort();
  return {
    type,
    status: 'True',
    reason: 'SomeResourcesRemain',
    message: `Some resources are remaining: ${texts.join(', ')}`,
  };
}

function finalizersCondition({ remaining }: Emptied): Said {
  const type = 'NamespaceFinalizersRemaining';
  const totals = new Map<string, number>();
  for (const each of remaining) {
    for (const [name, count] of each.finalizers) totals.set(name, (totals.get(name) ?? 0) + count);
  }
  if (totals.size === 0) {
    const message = 'All content-preserving finalizers finished';
    return { type, status: 'False', reason: 'ContentHasNoFinalizers', message };
  }
  const texts = [...totals].map(([name, count]) => `${name} in ${count} resource instances`).sort();
  const message = `Some content in the namespace has finalizers remaining: ${texts.join(', ')}`;
  return { type, status: 'True', reason: 'SomeFinalizersRemain', message };
}
