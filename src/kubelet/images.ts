/** Gets images onto the node: pull policies, one pull at a time, credentials, and the pauses between tries. */

import type { Container } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import { Backoff } from '#kubelet/backoff.ts';
import type { RoledContainer } from '#kubelet/containers-of.ts';
import type { AuthConfig, Image, ImageSpec, PodSandboxConfig, Runtime } from '#kubelet/cri/runtime.ts';
import { errorText } from '#kubelet/error-text.ts';
import { parseImageName } from '#kubelet/image-name.ts';
import { podKey } from '#kubelet/labels.ts';
import { unlessAborted } from '#kubelet/unless-aborted.ts';
import type { Clock } from '#lib/clock.ts';
import type { EventType } from '#loop/events.ts';
import { formatDuration } from '#machinery/duration.ts';

const nanosPerMs = 1_000_000n;
const pullBackoffMs = { initialMs: 10_000, maxMs: 300_000 };

export interface ImageNeed {
  pod: Pod;
  target: RoledContainer;
  sandboxConfig: PodSandboxConfig;
  runtimeHandler?: string | undefined;
  say: (type: EventType, reason: string, message: string) => void;
  credentials: (image: string) => Promise<readonly AuthConfig[]>;
  /** The Pod is not wanted any more: nobody waits for a pull, though it goes on. */
  signal: AbortSignal;
}

export type ImageResult =
  | { ok: true; imageRef: string; image: Image | undefined }
  /** `error` is what the Event says; `reason` and `message` what the status says. */
  | { ok: false; reason: string; message: string };

export class ImageStore {
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #onPulled: () => void;
  readonly #backoff = new Backoff(pullBackoffMs);
  readonly #lastErrors = new Map<string, { failedAtMs: number; text: string }>();
  /** Pulls go one after another, as upstream's do by default. */
  #queue: Promise<unknown> = Promise.resolve();
  /** When an image was last needed, for the garbage collection. */
  readonly lastUsedMs = new Map<string, number>();

  constructor(options: { runtime: Runtime; clock: Clock; onPulled: () => void }) {
    this.#runtime = options.runtime;
    this.#clock = options.clock;
    this.#onPulled = options.onPulled;
  }

  async ensure(need: ImageNeed): Promise<ImageResult> {
    const { container } = need.target;
    const parsed = parseImageName(container.image ?? '');
    if (!parsed.ok) {
      const message = `Failed to apply default image tag "${container.image}": couldn't parse image name "${container.image}": ${parsed.error}`;
      need.say('Warning', 'InspectFailed', message);
      return { ok: false, reason: 'InvalidImageName', message };
    }
    const spec: ImageSpec = {
      image: parsed.name,
      userSpecifiedImage: container.image,
      annotations: need.pod.metadata?.annotations,
      runtimeHandler: need.runtimeHandler,
    };
    let present: Image | undefined;
    try {
      present = await this.#runtime.imageStatus(spec);
    } catch (error) {
      const message = `Failed to inspect image "${container.image}": ${errorText(error)}`;
      need.say('Warning', 'InspectFailed', message);
      return { ok: false, reason: 'ImageInspectError', message };
    }
    if (!shouldPull(container, present)) return this.#withoutPull(need, spec, present);
    return this.#pullUnlessBackingOff(need, spec);
  }

  /** A Pod is gone: nobody waits for its pulls any more. */
  forget(pod: Pod): void {
    const { uid } = podKey(pod);
    for (const key of this.#lastErrors.keys()) if (key.startsWith(`${uid} `)) this.#lastErrors.delete(key);
  }

  #withoutPull({ target, say }: ImageNeed, spec: ImageSpec, present: Image | undefined): ImageResult {
    const { image } = target.container;
    if (present === undefined) {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      say('Warning', 'ErrImageNeverPull', message);
      return { ok: false, reason: 'ErrImageNeverPull', message };
    }
    say('Normal', 'Pulled', `Container image "${image}" already present on machine and can be accessed by the pod`);
    this.lastUsedMs.set(present.id, this.#clock.nowMs());
    return { ok: true, imageRef: present.id || spec.image, image: present };
  }

  async #pullUnlessBackingOff(need: ImageNeed, spec: ImageSpec): Promise<ImageResult> {
    const { image } = need.target.container;
    const key = `${podKey(need.pod).uid} ${spec.image}`;
    const nowMs = this.#clock.nowMs();
    const last = this.#lastErrors.get(key);
    const waiting = last === undefined ? undefined : this.#backoff.waiting(key, last.failedAtMs, nowMs);
    if (last !== undefined && waiting !== undefined) {
      const message = `Back-off pulling image "${image}"`;
      need.say('Normal', 'BackOff', message);
      return {
        ok: false,
        reason: 'ImagePullBackOff',
        message: `${message}: ErrImagePull: ${last.text}`,
      };
    }
    need.say('Normal', 'Pulling', `Pulling image "${image}"`);
    const pull = this.#queue.then(() => this.#pull(need, spec));
    this.#queue = pull.catch(() => undefined);
    try {
      return await unlessAborted(pull, need.signal);
    } catch (error) {
      if (need.signal.aborted) return { ok: false, reason: 'ContainerCreating', message: '' };
      const text = errorText(error);
      need.say('Warning', 'Failed', `Failed to pull image "${image}": ${text}`);
      const failedAtMs = this.#clock.nowMs();
      this.#lastErrors.set(key, { failedAtMs, text });
      this.#backoff.next(key, failedAtMs, failedAtMs);
      return { ok: false, reason: reasonOf(text), message: text };
    }
  }

  async #pull({ target, say, credentials, sandboxConfig }: ImageNeed, spec: ImageSpec): Promise<ImageResult> {
    const beganMs = this.#clock.monotonicMs();
    const imageRef = await this.#pullWithAny(spec, await credentials(spec.image), sandboxConfig);
    const tookMs = this.#clock.monotonicMs() - beganMs;
    const image = await this.#runtime.imageStatus({ image: imageRef });
    const text = formatDuration(BigInt(Math.round(tookMs)) * nanosPerMs);
    const took = `${text} (${text} including waiting)`;
    const size = image?.sizeBytes ?? 0;
    say(
      'Normal',
      'Pulled',
      `Successfully pulled image "${target.container.image}" in ${took}. Image size: ${size} bytes.`,
    );
    if (image !== undefined) this.lastUsedMs.set(image.id, this.#clock.nowMs());
    this.#onPulled();
    return { ok: true, imageRef, image };
  }

  /** Tries each set of credentials, the last error counts; without any, no credentials. */
  async #pullWithAny(spec: ImageSpec, all: readonly AuthConfig[], sandboxConfig: PodSandboxConfig): Promise<string> {
    if (all.length === 0) return this.#runtime.pullImage(spec, undefined, sandboxConfig);
    let failure: unknown;
    for (const auth of all) {
      try {
        return await this.#runtime.pullImage(spec, auth, sandboxConfig);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }
}

function shouldPull(container: Container, present: Image | undefined): boolean {
  if (container.imagePullPolicy === 'Never') return false;
  return container.imagePullPolicy === 'Always' || present === undefined;
}

/** Upstream passes on the errors that its runtime interface knows by name. */
function reasonOf(text: string): string {
  if (text.startsWith('RegistryUnavailable')) return 'RegistryUnavailable';
  if (text.startsWith('SignatureValidationFailed')) return 'SignatureValidationFailed';
  return 'ErrImagePull';
}
