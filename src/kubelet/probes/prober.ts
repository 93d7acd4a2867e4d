/** One try of a probe: what it found, in the words of the Events. */

import type { Container } from '#api/core/container.ts';
import type { Probe } from '#api/core/probe.ts';
import type { Runtime } from '#kubelet/cri/runtime.ts';
import { RuntimeError } from '#kubelet/cri/runtime.ts';
import { errorText } from '#kubelet/error-text.ts';
import { grpcHealth } from '#kubelet/probes/grpc.ts';
import { httpGet } from '#kubelet/probes/http.ts';
import { dialError, type ProbeResult, type ProbeTargets } from '#kubelet/probes/reach.ts';
import { httpTarget, portNumber } from '#kubelet/probes/target.ts';

export interface ProbeCall {
  runtime: Runtime;
  targets: ProbeTargets;
  container: Container;
  containerId: string;
  podIp: string;
  probe: Probe;
}

const execOutputBytesMax = 10 * 1024;

export async function runProbe(call: ProbeCall): Promise<ProbeResult> {
  const { probe, container, podIp, targets } = call;
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.exec !== undefined) return await execProbe(call, probe.exec.command ?? []);
    if (probe.httpGet !== undefined) {
      return await httpProbe(targets, { ...httpTarget(probe.httpGet, container, podIp), timeoutMs });
    }
    if (probe.tcpSocket !== undefined) {
      const port = portNumber(probe.tcpSocket.port, container);
      return await tcpProbe(targets, probe.tcpSocket.host || podIp, port, timeoutMs);
    }
    if (probe.grpc !== undefined) {
      return await grpcHealth(targets, podIp, probe.grpc.port, probe.grpc.service ?? '', timeoutMs);
    }
    return { outcome: 'unknown', message: `missing probe handler for ${container.name}` };
  } catch (error) {
    return { outcome: 'unknown', message: errorText(error) };
  }
}

async function execProbe({ runtime, containerId, probe }: ProbeCall, command: readonly string[]): Promise<ProbeResult> {
  const timeoutSeconds = probe.timeoutSeconds ?? 1;
  try {
    const { stdout, stderr, exitCode } = await runtime.execSync(containerId, command, timeoutSeconds);
    const output = Buffer.concat([stdout, stderr]).subarray(0, execOutputBytesMax).toString();
    return { outcome: exitCode === 0 ? 'success' : 'failure', message: output };
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    if (error.code !== 'DeadlineExceeded') throw new Error(`rpc error: code = ${error.code} desc = ${error.message}`);
    const text = `command timed out: "${command.join(' ')}" timed out after ${timeoutSeconds}s`;
    return { outcome: 'failure', message: text };
  }
}

type HttpProbe = ReturnType<typeof httpTarget> & { timeoutMs: number };

async function httpProbe(targets: ProbeTargets, target: HttpProbe): Promise<ProbeResult> {
  const url = `${target.scheme}://${target.host}:${target.port}${target.path}`;
  let reply: Awaited<ReturnType<typeof httpGet>>;
  try {
    reply = await httpGet(targets, { ...target, userAgent: 'kube-probe/1.36' });
  } catch (error) {
    return { outcome: 'failure', message: `Get "${url}": ${errorText(error)}` };
  }
  if (reply.status >= 200 && reply.status < 400) {
    if (reply.status < 300) return { outcome: 'success', message: reply.body };
    return { outcome: 'warning', message: `Probe terminated redirects, Response body: ${reply.body}` };
  }
  return { outcome: 'failure', message: `HTTP probe failed with statuscode: ${reply.status}` };
}

async function tcpProbe(targets: ProbeTargets, host: string, port: number, timeoutMs: number): Promise<ProbeResult> {
  const deadline = new AbortController();
  const timer = targets.clock.after(timeoutMs, () =>
    deadline.abort(new Error(`dial tcp ${host}:${port}: i/o timeout`)),
  );
  try {
    (await targets.connect(host, port, { signal: deadline.signal })).destroy();
    return { outcome: 'success', message: '' };
  } catch (error) {
    return { outcome: 'failure', message: dialError(error, host, port) };
  } finally {
    timer.cancel();
  }
}
