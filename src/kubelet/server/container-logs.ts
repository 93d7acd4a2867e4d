/** `/containerLogs/<namespace>/<pod>/<container>` */

import type { ContainerStatus } from '#api/core/container-status.ts';
import { containerNamed } from '#kubelet/containers-of.ts';
import { errorText } from '#kubelet/error-text.ts';
import type { LogQuery } from '#kubelet/logs.ts';
import { readLog } from '#kubelet/logs.ts';
import type { PodWorker } from '#kubelet/pod-worker.ts';
import { replyText } from '#kubelet/server/access.ts';
import type { KubeletRequest } from '#kubelet/server/request.ts';

export async function replyLogs({ exchange, path, query, kubelet, clock }: KubeletRequest): Promise<void> {
  const [, namespace = '', podName = '', containerName = ''] = path;
  const worker = kubelet.find(namespace, podName);
  if (worker === undefined) return replyText(exchange, 404, `pod "${podName}" does not exist`);
  if (containerNamed(worker.pod, containerName) === undefined) {
    return replyText(exchange, 404, `container "${containerName}" not found in pod "${podName}"`);
  }
  const options = logQuery(query, clock.nowMs());
  if (options === undefined) return replyText(exchange, 400, '{"message": "Unable to decode query."}');
  const found = logOf(worker, containerName, query.get('previous') === 'true');
  if ('message' in found) return replyText(exchange, 400, found.message);

  const signal = new AbortController();
  exchange.onClose(() => signal.abort());
  const ended = worker.whenEnded(found.containerId);
  const stream = exchange.stream(200, {});
  let wake: (() => void) | undefined;
  stream.onDrain(() => wake?.());
  signal.signal.addEventListener('abort', () => wake?.());
  try {
    for await (const chunk of readLog(found.logPath, options, { ended: ended.signal, signal: signal.signal })) {
      if (exchange.closed) break;
      if (!stream.write(chunk)) await new Promise<void>(resolve => (wake = resolve));
    }
  } catch (error) {
    // A container that was never started has no file: that is an empty log.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') stream.write(Buffer.from(`${errorText(error)}\n`));
  } finally {
    ended.release();
    stream.end();
  }
}

/** Undefined when a number is none. */
function logQuery(query: URLSearchParams, nowMs: number): LogQuery | undefined {
  const number = (name: string) => {
    const text = query.get(name);
    return text === null || text === '' ? undefined : /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  };
  const tailLines = number('tailLines');
  const limitBytes = number('limitBytes');
  const sinceSeconds = number('sinceSeconds');
  const sinceTime = query.get('sinceTime');
  const sinceMs =
    sinceSeconds !== undefined ? nowMs - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined;
  if ([tailLines, limitBytes, sinceMs].some(value => Number.isNaN(value))) return undefined;
  return {
    tailLines,
    limitBytes,
    sinceMs,
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    stream: (query.get('stream') ?? undefined) as LogQuery['stream'],
  };
}

function logOf(
  worker: PodWorker,
  containerName: string,
  previous: boolean,
): { containerId: string; logPath: string } | { message: string } {
  const { status, metadata } = worker.current;
  const all = [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ];
  const found = all.find(({ name }) => name === containerName);
  const where = `container "${containerName}" in pod "${metadata.name}"`;
  if (found === undefined) return { message: `${where} is not available` };
  const id = previous ? found.lastState?.terminated?.containerID : newestId(found);
  if (id === undefined || id === '') {
    return { message: previous ? `previous terminated ${where} not found` : `${where} ${whyNone(found)}` };
  }
  const containerId = id.slice(id.indexOf('://') + 3);
  const container = worker.observed.containers.find(each => each.id === containerId);
  return container === undefined
    ? { message: `${where} is not available` }
    : { containerId, logPath: container.logPath };
}

function newestId({ state, lastState, containerID }: ContainerStatus): string | undefined {
  if (state?.running !== undefined) return containerID;
  return state?.terminated?.containerID || lastState?.terminated?.containerID;
}

function whyNone({ state }: ContainerStatus): string {
  if (state?.terminated !== undefined) return 'is terminated';
  const reason = state?.waiting?.reason;
  if (reason === 'ErrImagePull') return "is waiting to start: image can't be pulled";
  if (reason === 'ImagePullBackOff') return 'is waiting to start: trying and failing to pull image';
  return reason === undefined ? 'is waiting to start - no logs yet' : `is waiting to start: ${reason}`;
}
