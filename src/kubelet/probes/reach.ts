/** How probes reach Pods, and what comes of it. */

import type { Duplex } from 'node:stream';
import { errorText } from '#kubelet/error-text.ts';
import type { Clock } from '#lib/clock.ts';

/** How the node reaches its Pods: their addresses live in a network namespace of their own. */
export interface ProbeTargets {
  connect(host: string, port: number, options?: { signal?: AbortSignal | undefined }): Promise<Duplex>;
  clock: Clock;
}

/** `unknown`: it could not be tried, which counts neither for nor against the container. */
export interface ProbeResult {
  outcome: 'success' | 'warning' | 'failure' | 'unknown';
  message: string;
}

/** `dial tcp 10.244.0.7:80: connect: connection refused`, as Go says it. */
export function dialError(error: unknown, host: string, port: number): string {
  const words: Record<string, string> = {
    ECONNREFUSED: 'connection refused',
    EHOSTUNREACH: 'no route to host',
    ENETUNREACH: 'network is unreachable',
    ECONNRESET: 'connection reset by peer',
    ETIMEDOUT: 'connection timed out',
  };
  const known = words[(error as { code?: string }).code ?? ''];
  return known === undefined ? errorText(error) : `dial tcp ${host}:${port}: connect: ${known}`;
}
