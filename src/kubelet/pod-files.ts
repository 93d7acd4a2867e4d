/** The files of a Pod on its node, as its worker sees them. */

import type { Container } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Mount } from '#kubelet/cri/runtime.ts';
import type { ObservedContainer } from '#kubelet/observed.ts';

export interface ContainerMountsInput {
  pod: Pod;
  container: Container;
  attempt: number;
  environment: ReadonlyMap<string, string>;
  podIps: readonly string[];
  /** The runtime can make a mount read-only with all that is mounted below it. */
  canBeReadOnlyBelow: boolean;
}

/** A volume that cannot be set up yet. The message is the Event's. */
export class VolumeError extends Error {
  override name = 'VolumeError';
}

export interface PodFiles {
  /**
   * Makes the Pod's directories and sets up the volumes that its containers mount; brings those that are there up to
   * date. Rejects with a VolumeError for the first that cannot be. `onChange` is called when a ConfigMap, a Secret or
   * a token wants the files brought up to date.
   */
  prepare(pod: Pod, onChange: () => void): Promise<void>;
  /** Makes an image, which is here, the content of a volume. */
  mountImage(pod: Pod, volume: string, imageRef: string): Promise<void>;
  /** What the Pod's files are made from has changed: the next `prepare` looks again. */
  invalidate(uid: string): void;
  /** Everything mounted into a container: volumes, /etc/hosts, the termination log. Rejects with a ConfigError. */
  containerMounts(input: ContainerMountsInput): Promise<Mount[]>;
  readVolumeFile(pod: Pod, volume: string, path: string): Promise<{ path: string; text: string | undefined }>;
  /** What a volume takes of the disk. */
  volumeBytes(pod: Pod, volume: string): Promise<number>;
  /** What the logs of a container take of the disk, by the path of one of them. */
  logBytes(path: string): Promise<number>;
  /** What a container that has ended left for the status; empty when it left nothing. */
  terminationMessage(pod: Pod, status: ObservedContainer): Promise<string>;
  /** The log of an attempt that is not kept, with what was rotated out of it. */
  removeLog(path: string): Promise<void>;
  /** Nothing of the Pod runs any more: its volumes are taken down. */
  release(uid: string): Promise<void>;
  /** Nobody asks for it any more: its directory and its logs go. */
  remove(pod: { uid: string; namespace: string; name: string }): Promise<void>;
  /** The Pods that have directories here. */
  known(): Promise<string[]>;
}
