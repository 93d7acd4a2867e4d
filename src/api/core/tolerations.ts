/** Which taints a Pod tolerates. Pure. */

import type { Taint, Toleration } from '#api/core/scheduling.ts';

/** Numbers compared by `Lt` and `Gt`. */
const integer = /^[+-]?\d{1,19}$/;

/** An absent key, with `Exists`, is every key; an absent effect is every effect. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator ?? 'Equal') {
    case '':
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '');
    case 'Exists':
      return true;
    case 'Lt':
      return compares(taint, toleration, (a, b) => a < b);
    case 'Gt':
      return compares(taint, toleration, (a, b) => a > b);
    default:
      return false;
  }
}

function compares(taint: Taint, toleration: Toleration, test: (a: bigint, b: bigint) => boolean): boolean {
  const [left = '', right = ''] = [taint.value, toleration.value];
  return integer.test(left) && integer.test(right) && test(BigInt(left), BigInt(right));
}

export function toleratesTaint(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return tolerations?.some(toleration => tolerates(toleration, taint)) ?? false;
}
