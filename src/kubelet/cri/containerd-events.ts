/**
 * Containerd's own event service, for runtimes without CRI's `GetContainerEvents` (containerd before 1.7; later ones
 * still have it, so it serves them all).
 *
 * The CRI part of containerd learns of an exit from the same events, at the same time as we do. So an event is delivered
 * only when CRI's status shows it too: `settled` asks, and asks again a little later, a bounded number of times.
 *
 * A subscription says nothing before its first event. To know when it is in force, and so when to list, we publish an
 * event of our own until it comes back; what happens after that is not missed.
 */

import { type Clock, sleep } from '#lib/clock.ts';
import type { GrpcClient } from '#lib/grpc/client.ts';
import { bytes, field, list, message, string, uint32 } from '#lib/protobuf/message.ts';
import type { RuntimeEvent, Subscription } from './runtime.ts';

const AnyMessage = message<{ typeUrl: string; value: Uint8Array }>({
  typeUrl: field(1, string),
  value: field(2, bytes),
});

const SubscribeRequest = message<{ filters: readonly string[] }>({ filters: list(1, string) });

const PublishRequest = message<{ topic: string; event: { typeUrl: string; value: Uint8Array } }>({
  topic: field(1, string),
  event: field(2, AnyMessage),
});

/** Timestamp (1) and namespace (2) are not read: the filter names the namespace. */
const Envelope = message<{ topic: string; event?: { typeUrl: string; value: Uint8Array } }>({
  topic: field(3, string),
  event: field(4, AnyMessage),
});

/** Every event of a task begins with the container's id; `execId` is empty or that same id, except for an exec's process. */
const TaskExit = message<{ containerId: string; execId: string; exitCode: number }>({
  containerId: field(1, string),
  execId: field(2, string),
  exitCode: field(4, uint32),
});
const TaskOther = message<{ containerId: string }>({ containerId: field(1, string) });

const markerTopic = '/proa/subscribed';
const topics = [markerTopic, '/tasks/start', '/tasks/exit', '/tasks/oom', '/containers/delete'];

type ContainerEvent = Exclude<RuntimeEvent, { type: 'relist' }>;

/** What an event of containerd says; undefined when it is none of the kubelet's business. */
export function eventOf(topic: string, value: Uint8Array): ContainerEvent | undefined {
  switch (topic) {
    case '/tasks/exit': {
      const { containerId, execId, exitCode } = TaskExit.decode(value);
      return execId === '' || execId === containerId ? { type: 'exited', id: containerId, exitCode } : undefined;
    }
    case '/tasks/start':
      return { type: 'started', id: TaskOther.decode(value).containerId };
    case '/tasks/oom':
      return { type: 'oom', id: TaskOther.decode(value).containerId };
    case '/containers/delete':
      return { type: 'deleted', id: TaskOther.decode(value).containerId };
    default:
      return undefined;
  }
}

export interface ContainerdEventsOptions {
  grpc: GrpcClient;
  clock: Clock;
  /** Whether the status calls show the event already. */
  settled: (event: ContainerEvent) => Promise<boolean>;
}

/** CRI needs a few milliseconds for most; a shim on a busy machine some hundred. The sum is about 5 s. */
const settleDelaysMs = [2, 5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560];
const reconnectDelayMsMin = 50;
const reconnectDelayMsMax = 5_000;
const markerDelayMsMin = 5;
const markerDelayMsMax = 1_000;

const service = '/containerd.services.events.v1.Events';
const metadata = { 'containerd-namespace': 'k8s.io' };

export function containerdEvents(
  options: ContainerdEventsOptions,
  onEvent: (event: RuntimeEvent) => void,
): Subscription {
  const { clock, grpc } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const deliver = (event: RuntimeEvent) => {
    if (!signal.aborted) onEvent(event);
  };

  /** Events of one container keep their order; those of different containers do not wait for each other. */
  const lanes = new Map<string, Promise<void>>();
  function enqueue(event: ContainerEvent): void {
    const { id } = event;
    const lane = (lanes.get(id) ?? Promise.resolve()).then(async () => {
      await settle(event);
      deliver(event);
      if (lanes.get(id) === lane) lanes.delete(id);
    });
    lanes.set(id, lane);
  }

  async function settle(event: ContainerEvent): Promise<void> {
    for (const delayMs of settleDelaysMs) {
      if (signal.aborted || (await options.settled(event).catch(() => true))) return;
      await sleep(clock, delayMs, signal).catch(() => undefined);
    }
  }

  /** Publishes the marker until `seen`, or the subscription has failed, and aborts the signal. */
  async function publishMarker(seen: AbortSignal): Promise<void> {
    const event = { typeUrl: 'google.protobuf.Empty', value: new Uint8Array(0) };
    const message = PublishRequest.encode({ topic: markerTopic, event });
    for (let delayMs = markerDelayMsMin; !seen.aborted; delayMs = Math.min(delayMs * 2, markerDelayMsMax)) {
      await grpc.unary({ path: `${service}/Publish`, message, metadata, signal: seen }).catch(() => undefined);
      await sleep(clock, delayMs, seen).catch(() => undefined);
    }
  }

  /** One subscription, to its end. Tells whether it came into force. */
  async function subscribe(): Promise<boolean> {
    const waiting = new AbortController();
    let inForce = false;
    const filters = topics.map(topic => `namespace=="k8s.io",topic=="${topic}"`);
    const call = { path: `${service}/Subscribe`, message: SubscribeRequest.encode({ filters }), metadata, signal };
    const stream = grpc.serverStream(call, bytes => {
      const { topic, event: sent } = Envelope.decode(bytes);
      if (topic === markerTopic) {
        if (!inForce) deliver({ type: 'relist' });
        inForce = true;
        waiting.abort();
      }
      const event = eventOf(topic, sent?.value ?? new Uint8Array(0));
      if (event !== undefined) enqueue(event);
    });
    const marked = publishMarker(waiting.signal);
    await stream.catch(() => undefined);
    waiting.abort();
    await marked;
    return inForce;
  }

  async function run(): Promise<void> {
    let delayMs = reconnectDelayMsMin;
    while (!signal.aborted) {
      if (await subscribe()) delayMs = reconnectDelayMsMin;
      if (signal.aborted) return;
      await sleep(clock, delayMs, signal).catch(() => undefined);
      delayMs = Math.min(delayMs * 2, reconnectDelayMsMax);
    }
  }
  void run();
  return { close: () => closing.abort(new Error('closed')) };
}
