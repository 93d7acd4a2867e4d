/** exec, attach and port forwarding: the runtime has a server for them, and we are between it and the client. */

import type { ExecRequest } from '#kubelet/cri/runtime.ts';
import { errorText } from '#kubelet/error-text.ts';
import { currentSandbox } from '#kubelet/observed.ts';
import type { PodWorker } from '#kubelet/pod-worker.ts';
import { replyText } from '#kubelet/server/access.ts';
import type { KubeletRequest } from '#kubelet/server/request.ts';
import { HttpClient } from '#lib/http/client.ts';
import type { Exchange } from '#lib/http/exchange.ts';
import type { CommandStreams } from '#lib/remotecommand/command.ts';
import { proxyPortForward, proxyRemoteCommand } from '#lib/remotecommand/relay.ts';
import { isWebSocketUpgrade, offeredProtocols } from '#lib/websocket/handshake.ts';

const commandBytesMax = 10 << 20;

export const replyExec = (request: KubeletRequest): Promise<void> => replyCommand(request, 'exec');
export const replyAttach = (request: KubeletRequest): Promise<void> => replyCommand(request, 'attach');

async function replyCommand(request: KubeletRequest, kind: 'exec' | 'attach'): Promise<void> {
  const { exchange, path, query, kubelet, clock } = request;
  const { namespace, podName, containerName } = names(path);
  const streams = streamsOf(query);
  if (!streams.stdin && !streams.stdout && !streams.stderr) {
    return replyText(exchange, 400, 'you must specify at least 1 of stdin, stdout, stderr');
  }
  const worker = kubelet.find(namespace, podName);
  if (worker === undefined) return replyText(exchange, 404, 'pod does not exist');
  const containerId = runningId(worker, containerName);
  if (containerId === undefined) {
    const message =
      kind === 'exec'
        ? `container not found ("${containerName}")`
        : `container ${containerName} not found in pod ${podName}_${namespace}`;
    return replyText(exchange, 500, message);
  }
  if (exchange.upgrade === undefined) return replyText(exchange, 500, 'Upgrade request required\n');
  const { runtime } = kubelet.host;
  const asked: ExecRequest = { containerId, command: query.getAll('command'), ...streams };
  await relayed(
    request,
    () => (kind === 'exec' ? runtime.exec(asked) : runtime.attach(asked)),
    (client, target) => proxyRemoteCommand(exchange, client, { target, streams, clock }),
  );
}

export async function replyPortForward(request: KubeletRequest): Promise<void> {
  const { exchange, path, query, kubelet, clock } = request;
  const { namespace, podName } = names([...path, '']);
  const worker = kubelet.find(namespace, podName);
  if (worker === undefined) return replyText(exchange, 404, 'pod does not exist');
  const sandbox = currentSandbox(worker.observed);
  if (sandbox?.state !== 'Ready') {
    return replyText(exchange, 500, `failed to find sandbox for pod ${podName}_${namespace}`);
  }
  if (exchange.upgrade === undefined) return replyText(exchange, 500, 'Upgrade request required\n');
  const texts = query.getAll('port').flatMap(text => text.split(','));
  const problem = namesPorts(exchange) ? portsProblem(texts) : undefined;
  if (problem !== undefined) return replyText(exchange, 400, problem);
  const ports = texts.map(Number);
  const { runtime } = kubelet.host;
  await relayed(
    request,
    () => runtime.portForward(sandbox.id, ports),
    (client, target) => proxyPortForward(exchange, client, { target, clock }),
  );
}

/** Over a WebSocket with channels the ports are in the query; over SPDY, tunnelled or not, each stream names its own. */
function namesPorts(exchange: Exchange): boolean {
  return isWebSocketUpgrade(exchange) && !offeredProtocols(exchange.headers).some(name => name.startsWith('SPDY/'));
}

function portsProblem(texts: readonly string[]): string | undefined {
  if (texts.length === 0) return 'query parameter "port" is required';
  for (const text of texts) {
    if (text === '') return 'query parameter "port" cannot be empty';
    const why = !/^\d+$/.test(text) ? 'invalid syntax' : Number(text) > 0xffff ? 'value out of range' : undefined;
    if (why !== undefined) return `unable to parse "${text}" as a port: strconv.ParseUint: parsing "${text}": ${why}`;
    if (Number(text) === 0) return `port "${text}" must be > 0`;
  }
  return undefined;
}

/** `/run/<namespace>/<pod>/<container>?cmd=…`: the command's output, once it has ended. */
export async function replyRun({ exchange, path, query, kubelet }: KubeletRequest): Promise<void> {
  const { namespace, podName, containerName } = names(path);
  const worker = kubelet.find(namespace, podName);
  if (worker === undefined) return replyText(exchange, 404, 'pod does not exist');
  const containerId = runningId(worker, containerName);
  if (containerId === undefined) return replyText(exchange, 500, `container not found ("${containerName}")`);
  const command = (query.get('cmd') ?? '').split(' ').filter(word => word !== '');
  try {
    const { stdout, stderr, exitCode } = await kubelet.host.runtime.execSync(containerId, command, 0);
    const output = Buffer.concat([stdout, stderr]).subarray(0, commandBytesMax);
    if (exitCode === 0) exchange.reply(200, { 'content-type': 'application/json' }, output);
    else replyText(exchange, 500, `command '${command.join(' ')}' exited with ${exitCode}: ${output.toString()}`);
  } catch (error) {
    replyText(exchange, 500, errorText(error));
  }
}

/** Asks the runtime for the URL of a stream and stands between it and the client until it ends. */
async function relayed(
  { exchange, clock, dial }: KubeletRequest,
  ask: () => Promise<string>,
  relay: (client: HttpClient, target: string) => Promise<void>,
): Promise<void> {
  let url: URL;
  try {
    url = new URL(await ask());
  } catch (error) {
    return replyText(exchange, 500, errorText(error));
  }
  const client = new HttpClient({ url: url.origin, clock, dial, protocols: ['http/1.1'] });
  try {
    await relay(client, `${url.pathname}${url.search}`);
  } catch (error) {
    if (!exchange.closed) replyText(exchange, 500, errorText(error));
  } finally {
    client.close();
  }
}

/** `/exec/<namespace>/<pod>/<container>`, or with the Pod's uid before the container. */
function names(path: readonly string[]): { namespace: string; podName: string; containerName: string } {
  const [, namespace = '', podName = ''] = path;
  return { namespace, podName, containerName: path[path.length > 4 ? 4 : 3] ?? '' };
}

function streamsOf(query: URLSearchParams): CommandStreams {
  const asked = (...keys: string[]) => keys.some(key => ['1', 'true'].includes(query.get(key) ?? ''));
  const tty = asked('tty');
  return {
    stdin: asked('input', 'stdin'),
    stdout: asked('output', 'stdout'),
    stderr: asked('error', 'stderr') && !tty,
    tty,
  };
}

function runningId({ observed }: PodWorker, name: string): string | undefined {
  return observed.containers.find(({ metadata, state }) => metadata.name === name && state === 'Running')?.id;
}
