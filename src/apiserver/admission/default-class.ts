/** Classes of which one may be the default, marked by an annotation. */

import type { ObjectMeta } from '#machinery/meta.ts';

/** The newest, should several be marked; of equally old ones the first by name. */
export function newestDefault<T extends { metadata?: ObjectMeta }>(
  classes: Iterable<T>,
  annotations: readonly string[],
): T | undefined {
  let newest: T | undefined;
  for (const each of classes) {
    const marked = annotations.some(key => each.metadata?.annotations?.[key] === 'true');
    if (marked && (newest === undefined || isBefore(each, newest))) newest = each;
  }
  return newest;
}

function isBefore(a: { metadata?: ObjectMeta }, b: { metadata?: ObjectMeta }): boolean {
  const [madeA = '', madeB = ''] = [a.metadata?.creationTimestamp, b.metadata?.creationTimestamp];
  return madeA === madeB ? (a.metadata?.name ?? '') < (b.metadata?.name ?? '') : madeA > madeB;
}
