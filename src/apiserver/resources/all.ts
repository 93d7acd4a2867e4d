/** The rules of every kind: the table of contents of `resources/`. A kind that is not here has the plain ones. */

import { podStrategy } from '#apiserver/resources/core/pod.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';

export const strategies: readonly Strategy[] = [podStrategy];
