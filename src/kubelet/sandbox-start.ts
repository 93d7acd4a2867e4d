/** Makes the sandbox of a Pod. */

import type { RuntimeClass } from '#api/node/runtime-class.ts';
import { runtimeClasses } from '#api/node/runtime-class.ts';
import { missingPullSecrets } from '#kubelet/credentials.ts';
import type { PodSandboxConfig } from '#kubelet/cri/runtime.ts';
import { RuntimeError } from '#kubelet/cri/runtime.ts';
import { podDns } from '#kubelet/dns.ts';
import { errorText } from '#kubelet/error-text.ts';
import type { Host, KubeletPod } from '#kubelet/host.ts';
import { say } from '#kubelet/host.ts';
import { sandboxConfig } from '#kubelet/runtime-config.ts';

/** Answers the id; undefined when it could not be made, which an Event has told. */
export async function startSandbox(host: Host, pod: KubeletPod, attempt: number): Promise<string | undefined> {
  try {
    if (pod.spec.hostUsers === false && !host.runtimeFeatures.userNamespaces) {
      throw new Error("can't set `spec.hostUsers: false`, runtime does not support user namespaces");
    }
    for (const warning of podDns(pod, host.dns).warnings) say(host, pod, 'Warning', 'DNSConfigForming', warning);
    await warnOfPullSecrets(host, pod);
    const handler = await runtimeHandler(host, pod);
    return await host.runtime.runPodSandbox(await configOf(host, pod, attempt), handler);
  } catch (error) {
    const text =
      error instanceof RuntimeError ? `rpc error: code = ${error.code} desc = ${error.message}` : errorText(error);
    say(host, pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${text}`);
    return undefined;
  }
}

async function warnOfPullSecrets(host: Host, pod: KubeletPod): Promise<void> {
  const missing = (await missingPullSecrets(host.environment, pod)).join(', ');
  if (missing === '') return;
  const text = `Unable to retrieve some image pull secrets (${missing}); attempting to pull the image may not succeed.`;
  say(host, pod, 'Warning', 'FailedToRetrieveImagePullSecret', text);
}

/** The configuration that the sandbox was made from; containers are made with it too. */
export async function configOf(host: Host, pod: KubeletPod, attempt: number): Promise<PodSandboxConfig> {
  const cgroupParent = await host.cgroups?.ensure(pod);
  return sandboxConfig({ pod, attempt, dns: host.dns, podLogsDir: host.podLogsDir, cgroupParent });
}

export async function runtimeHandler(host: Host, pod: KubeletPod): Promise<string | undefined> {
  const name = pod.spec.runtimeClassName;
  if (name === undefined || name === '') return undefined;
  const runtimeClass: RuntimeClass = await host.client.get(runtimeClasses, { name });
  return runtimeClass.handler;
}
