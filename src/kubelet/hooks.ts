/** Lifecycle hooks: postStart and preStop. */

import type { Container } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import type { LifecycleHandler } from '#api/core/probe.ts';
import { errorText } from '#kubelet/error-text.ts';
import type { Host } from '#kubelet/host.ts';
import { say } from '#kubelet/host.ts';
import { podKey, podText } from '#kubelet/labels.ts';
import type { HttpCall } from '#kubelet/probes/http.ts';
import { httpGet, plainReply } from '#kubelet/probes/http.ts';
import { httpTarget } from '#kubelet/probes/target.ts';
import { sleep } from '#lib/clock.ts';

const hookOutputCharactersMax = 10 * 1024;

/** Where a hook runs. */
export interface HookPlace {
  pod: Pod;
  podIp: string;
  container: Container;
  containerId: string;
}

/** Undefined when it went well, else what the status of the container says. */
export async function runHook(
  host: Host,
  { pod, podIp, container, containerId }: HookPlace,
  hook: LifecycleHandler,
  timeoutMs: number,
): Promise<string | undefined> {
  const where = `for Container "${container.name}" in Pod "${podText(podKey(pod))}"`;
  try {
    if (hook.exec !== undefined) return await execHook(host, hook.exec.command ?? [], containerId, where, timeoutMs);
    if (hook.sleep !== undefined) await sleep(host.clock, hook.sleep.seconds * 1000);
    else if (hook.httpGet !== undefined) {
      const target = httpTarget(hook.httpGet, container, podIp);
      await httpHook(host, pod, { ...target, userAgent: 'kube-lifecycle/1.36', timeoutMs });
    } else if (hook.tcpSocket !== undefined) {
      // The API knows such hooks for old objects' sake; upstream's kubelet refuses to run one.
      throw new Error('invalid handler');
    }
    return undefined;
  } catch (error) {
    const kind = hook.httpGet === undefined ? 'lifecycle hook' : `lifecycle hook (${hook.httpGet.path ?? ''})`;
    const name = hook.httpGet === undefined ? 'Exec' : 'HTTP';
    return `${name} ${kind} ${where} failed - error: ${errorText(error)}`;
  }
}

/** Hooks once did not look at the scheme: an HTTPS one that meets an HTTP server is told to it all the same. */
async function httpHook(host: Host, pod: Pod, call: HttpCall): Promise<void> {
  try {
    await httpGet(host.probeTargets, call);
  } catch (error) {
    if (call.scheme !== 'https' || errorText(error) !== plainReply) throw error;
    const headers = call.headers.filter(({ name }) => name.toLowerCase() !== 'authorization');
    await httpGet(host.probeTargets, { ...call, scheme: 'http', headers });
    const where = `request to HTTPS lifecycle hook ${call.host}:${call.port}`;
    const message = `${where} got HTTP response, retry with HTTP succeeded`;
    say(host, pod, 'Warning', 'LifecycleHTTPFallback', message);
  }
}

async function execHook(
  { runtime }: Host,
  command: readonly string[],
  containerId: string,
  where: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const failed = (error: string, output: string) =>
    `Exec lifecycle hook ([${command.join(' ')}]) ${where} failed - error: ${error}, message: ${JSON.stringify(output)}`;
  try {
    const result = await runtime.execSync(containerId, command, Math.max(Math.ceil(timeoutMs / 1000), 0));
    if (result.exitCode === 0) return undefined;
    const stderr = Buffer.from(result.stderr).toString();
    const output = `${Buffer.from(result.stdout).toString()}${stderr}`.slice(0, hookOutputCharactersMax);
    return failed(`command '${command.join(' ')}' exited with ${result.exitCode}: ${stderr}`, output);
  } catch (error) {
    return failed(errorText(error), '');
  }
}
