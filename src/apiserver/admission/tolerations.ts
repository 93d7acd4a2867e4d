/** A Pod stays on a node that is not ready or cannot be reached for five minutes, unless it says otherwise. */

import type { Admission } from '#apiserver/admission/admission.ts';
import { on } from '#apiserver/admission/admission.ts';
import type { AnyJson } from '#machinery/schema.ts';

const tolerationSeconds = 300;
const troubles = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

export const defaultTolerationSeconds: Admission = {
  name: 'DefaultTolerationSeconds',
  handles: on(['CREATE', 'UPDATE'], '', 'pods'),
  mutate({ object: { spec } }) {
    const given: AnyJson[] = spec.tolerations ?? [];
    const tolerated = (key: string) =>
      given.some(each => (!each.key || each.key === key) && (!each.effect || each.effect === 'NoExecute'));
    const missing = troubles.filter(key => !tolerated(key));
    if (missing.length === 0) return;
    const added = missing.map(key => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds }));
    spec.tolerations = [...given, ...added];
  },
};

/** Every one is held against every other; of more than so many all stay, which tolerates the same. */
const comparedMax = 1000;

/** First and second list, without what another one of them includes (upstream: util/tolerations). */
export function mergeTolerations(first: readonly AnyJson[], second: readonly AnyJson[]): AnyJson[] {
  const all = [...first, ...second];
  if (all.length > comparedMax) return all;
  const merged: AnyJson[] = [];
  for (const [at, toleration] of all.entries()) {
    const before = merged.some(each => includes(each, toleration));
    const after = all.slice(at + 1).some(each => !same(each, toleration) && includes(each, toleration));
    if (!before && !after) merged.push(toleration);
  }
  return merged;
}

function same(a: AnyJson, b: AnyJson): boolean {
  const fields = ['key', 'operator', 'value', 'effect', 'tolerationSeconds'];
  return fields.every(field => (a[field] ?? '') === (b[field] ?? ''));
}

function includes(wide: AnyJson, narrow: AnyJson): boolean {
  if (same(wide, narrow)) return true;
  const exists = wide.operator === 'Exists';
  if ((wide.key ?? '') !== (narrow.key ?? '') && !(exists && !wide.key)) return false;
  if (wide.effect && wide.effect !== narrow.effect) return false;
  if (wide.effect === 'NoExecute' && wide.tolerationSeconds != null) {
    if (narrow.tolerationSeconds == null || narrow.tolerationSeconds > wide.tolerationSeconds) return false;
  }
  return exists || (narrow.operator !== 'Exists' && (wide.value ?? '') === (narrow.value ?? ''));
}
