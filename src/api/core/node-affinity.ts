/** Whether a Pod's node selector and required node affinity fit a node. Preferences are the scheduler's. */

import type { Node } from '#api/core/node.ts';
import type { Pod } from '#api/core/pod.ts';
import type { NodeSelectorRequirement, NodeSelectorTerm } from '#api/core/scheduling.ts';

type Labels = Readonly<Record<string, string>>;

export function fitsNode(pod: Pod, node: Pick<Node, 'metadata'>): boolean {
  const { name = '', labels = {} } = node.metadata ?? {};
  for (const [key, value] of Object.entries(pod.spec?.nodeSelector ?? {})) if (labels[key] !== value) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some(term => matchesTerm(term, name, labels));
}

/** A term without requirements matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, nodeName: string, labels: Labels): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const fields: Labels = { 'metadata.name': nodeName };
  return (
    matchExpressions.every(requirement => matchesRequirement(requirement, labels)) &&
    matchFields.every(requirement => matchesRequirement(requirement, fields))
  );
}

function matchesRequirement({ key, operator, values = [] }: NodeSelectorRequirement, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return (
        value !== undefined && isInteger(value) && isInteger(values[0]) && BigInt(value) > BigInt(values[0] as string)
      );
    case 'Lt':
      return (
        value !== undefined && isInteger(value) && isInteger(values[0]) && BigInt(value) < BigInt(values[0] as string)
      );
    default:
      return false;
  }
}

const isInteger = (text: string | undefined): boolean => text !== undefined && /^[+-]?\d+$/.test(text);
