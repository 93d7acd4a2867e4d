/** The health check of gRPC: `grpc.health.v1.Health/Check`. */

import { errorText } from '#kubelet/error-text.ts';
import type { ProbeResult, ProbeTargets } from '#kubelet/probes/reach.ts';
import { GrpcError, grpcClient } from '#lib/grpc/client.ts';

const statusNames = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

export async function grpcHealth(
  targets: ProbeTargets,
  host: string,
  port: number,
  service: string,
  timeoutMs: number,
): Promise<ProbeResult> {
  const late: ProbeResult = {
    outcome: 'failure',
    message: `timeout: failed to connect service "${host}:${port}" within ${timeoutMs / 1000}s: context deadline exceeded`,
  };
  const deadline = new AbortController();
  const timer = targets.clock.after(timeoutMs, () => deadline.abort(new Error('deadline')));
  try {
    const socket = await targets.connect(host, port, { signal: deadline.signal });
    const client = grpcClient({ connect: () => socket, clock: targets.clock });
    try {
      const message = encodeService(service);
      const path = '/grpc.health.v1.Health/Check';
      const answer = await client.unary({
        path,
        message,
        metadata: { 'user-agent': 'kube-probe/1.36' },
        signal: deadline.signal,
      });
      const status = answer[0] === 0x08 ? (answer[1] ?? 0) : 0;
      if (status === 1) return { outcome: 'success', message: 'service healthy' };
      return { outcome: 'failure', message: `service unhealthy (responded with "${statusNames[status] ?? status}")` };
    } finally {
      client.close();
      socket.destroy();
    }
  } catch (error) {
    if (deadline.signal.aborted) return late;
    if (!(error instanceof GrpcError)) return late;
    // Something listens that does not speak it.
    if (error.code === 'Unavailable') return late;
    if (error.code === 'Unimplemented') {
      return {
        outcome: 'failure',
        message: `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${errorText(error)}`,
      };
    }
    const text = `rpc error: code = ${error.code} desc = ${error.message}`;
    return { outcome: 'failure', message: `error: health rpc probe failed: ${text}` };
  } finally {
    timer.cancel();
  }
}

/** `HealthCheckRequest { string service = 1; }` */
function encodeService(service: string): Uint8Array {
  const bytes = Buffer.from(service);
  if (bytes.length === 0) return new Uint8Array(0);
  const length: number[] = [];
  for (let rest = bytes.length; ; rest >>>= 7) {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) break;
  }
  return Buffer.concat([Uint8Array.from([0x0a, ...length]), bytes]);
}
