/** The files of volumes whose content comes from the API. Pure. */

import type { ConfigMap } from '#api/core/config-map.ts';
import type { Pod } from '#api/core/pod.ts';
import type { DownwardAPIVolumeFile, KeyToPath } from '#api/core/projected-volume.ts';
import type { Secret } from '#api/core/secret.ts';
import type { Downward } from '#kubelet/downward.ts';
import { podField, resourceField } from '#kubelet/downward.ts';
import type { PayloadFile } from '#kubelet/volumes/atomic-writer.ts';

export type Files = Map<string, PayloadFile>;

interface KeyedSource {
  items: readonly KeyToPath[] | undefined;
  mode: number;
  optional: boolean;
}

export function configMapFiles(map: ConfigMap | undefined, name: string, source: KeyedSource): Files {
  if (map === undefined && !source.optional) throw new Error(`configmap "${name}" not found`);
  const content = new Map<string, Uint8Array>();
  for (const [key, text] of Object.entries(map?.data ?? {})) content.set(key, Buffer.from(text));
  for (const [key, base64] of Object.entries(map?.binaryData ?? {})) content.set(key, Buffer.from(base64, 'base64'));
  return select(content, source, 'config');
}

export function secretFiles(secret: Secret | undefined, name: string, source: KeyedSource): Files {
  if (secret === undefined && !source.optional) throw new Error(`secret "${name}" not found`);
  const content = new Map<string, Uint8Array>();
  for (const [key, base64] of Object.entries(secret?.data ?? {})) content.set(key, Buffer.from(base64, 'base64'));
  return select(content, source, 'secret');
}

function select(content: ReadonlyMap<string, Uint8Array>, { items, mode, optional }: KeyedSource, what: string): Files {
  const files: Files = new Map();
  if (items === undefined) {
    for (const [key, data] of content) files.set(key, { data, mode });
    return files;
  }
  for (const { key, path, mode: own } of items) {
    const data = content.get(key);
    if (data !== undefined) files.set(path, { data, mode: own ?? mode });
    else if (!optional) throw new Error(`references non-existent ${what} key: ${key}`);
  }
  return files;
}

export function downwardFiles(
  pod: Pod,
  items: readonly DownwardAPIVolumeFile[],
  mode: number,
  downward: Downward,
): Files {
  const files: Files = new Map();
  for (const { path, fieldRef, resourceFieldRef, mode: own } of items) {
    const text =
      fieldRef !== undefined
        ? podField(pod, fieldRef.fieldPath, downward)
        : resourceFieldRef !== undefined
          ? resourceField(pod, undefined, resourceFieldRef, downward)
          : undefined;
    files.set(path, { data: Buffer.from(text ?? ''), mode: own ?? mode });
  }
  return files;
}

/** A token that only one user shall read belongs to that user, if all containers run as the same. */
export function tokenFile(pod: Pod, token: string, mode: number): PayloadFile {
  const ofPod = pod.spec?.securityContext;
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const users = new Set(containers.map(({ securityContext }) => securityContext?.runAsUser ?? ofPod?.runAsUser));
  const [user] = users;
  const data = Buffer.from(token);
  if (ofPod?.fsGroup !== undefined) return { data, mode: 0o600 };
  return users.size === 1 && user !== undefined ? { data, mode: 0o600, uid: user } : { data, mode };
}
