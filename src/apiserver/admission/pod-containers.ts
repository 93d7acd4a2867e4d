/**
 * Every container of a Pod, of whatever kind, and everything in a Pod that names another object. Rules about containers or
 * references go through here, so that none can be passed by writing the same thing in another place.
 */

import type { AnyJson } from '#machinery/schema.ts';

export type ContainerKind = 'container' | 'init container' | 'ephemeral container';

export interface PodContainer {
  readonly kind: ContainerKind;
  readonly container: AnyJson;
}

/** Init containers first, then containers, then ephemeral ones, as upstream's visitor goes. */
export function podContainers(spec: AnyJson): PodContainer[] {
  const of = (kind: ContainerKind, list: AnyJson) =>
    ((list ?? []) as AnyJson[]).map(container => ({ kind, container }));
  return [
    ...of('init container', spec?.initContainers),
    ...of('container', spec?.containers),
    ...of('ephemeral container', spec?.ephemeralContainers),
  ];
}

export interface PodReferences {
  readonly secrets: ReadonlySet<string>;
  readonly configMaps: ReadonlySet<string>;
  readonly claims: ReadonlySet<string>;
}

/** Secrets by which a volume's driver logs in, by the name of the volume source and the field. */
const secretRefs: readonly (readonly [source: string, field: string])[] = [
  ['cephfs', 'secretRef'],
  ['flexVolume', 'secretRef'],
  ['rbd', 'secretRef'],
  ['scaleIO', 'secretRef'],
  ['iscsi', 'secretRef'],
  ['storageos', 'secretRef'],
  ['csi', 'nodePublishSecretRef'],
];

export function podReferences(pod: AnyJson): PodReferences {
  const secrets = new Set<string>();
  const configMaps = new Set<string>();
  const claims = new Set<string>();
  const add = (names: Set<string>, name: unknown) => {
    if (typeof name === 'string' && name !== '') names.add(name);
  };
  const spec = pod?.spec ?? {};
  for (const each of spec.imagePullSecrets ?? []) add(secrets, each.name);
  for (const { container } of podContainers(spec)) {
    for (const { secretRef, configMapRef } of container.envFrom ?? []) {
      add(secrets, secretRef?.name);
      add(configMaps, configMapRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      add(secrets, valueFrom?.secretKeyRef?.name);
      add(configMaps, valueFrom?.configMapKeyRef?.name);
    }
  }
  for (const volume of spec.volumes ?? []) {
    add(secrets, volume.secret?.secretName);
    add(secrets, volume.azureFile?.secretName);
    for (const [source, field] of secretRefs) add(secrets, volume[source]?.[field]?.name);
    add(configMaps, volume.configMap?.name);
    add(claims, volume.persistentVolumeClaim?.claimName);
    if (volume.ephemeral != null) add(claims, `${pod.metadata?.name ?? ''}-${volume.name}`);
    for (const source of volume.projected?.sources ?? []) {
      add(secrets, source.secret?.name);
      add(configMaps, source.configMap?.name);
    }
  }
  return { secrets, configMaps, claims };
}

export const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** A Pod that a node made known; it cannot be run from here. */
export function isMirrorPod(pod: AnyJson): boolean {
  return Object.hasOwn(pod?.metadata?.annotations ?? {}, mirrorAnnotation);
}
