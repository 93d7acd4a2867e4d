/**
 * What belongs to which node, followed from changes: a Pod to the node it is bound to, and with it the secrets, config maps,
 * claims and accounts it names; a volume to the nodes of its claim; attachments and slices to the node they say.
 *
 *   secret -> Pod -> node        secret -> volume -> claim -> Pod -> node
 *
 * A use is counted per object and node, so that "may node n read secret s" is one look-up.
 */

import type { PersistentVolume } from '#api/core/persistent-volume.ts';
import type { Pod } from '#api/core/pod.ts';
import type { ResourceSlice } from '#api/resource/resource-slice.ts';
import type { VolumeAttachment } from '#api/storage/volume-attachment.ts';
import { isMirrorPod, podReferences } from '#apiserver/admission/pod-containers.ts';
import type { Objects } from '#apiserver/objects.ts';
import type { AnyJson } from '#machinery/schema.ts';

export type NodeReadable =
  | 'secrets'
  | 'configmaps'
  | 'persistentvolumeclaims'
  | 'persistentvolumes'
  | 'resourceclaims'
  | 'serviceaccounts'
  | 'pods'
  | 'volumeattachments'
  | 'resourceslices';

export interface NodeGraphObjects {
  readonly pods: Objects<Pod>;
  readonly persistentVolumes: Objects<PersistentVolume>;
  readonly volumeAttachments: Objects<VolumeAttachment>;
  readonly resourceSlices: Objects<ResourceSlice>;
}

/** How a volume's own secrets are reached by the node that mounts it. */
interface VolumeUse {
  readonly claim: string;
  readonly secrets: readonly string[];
}

export class NodeGraph {
  /** By object (`secrets a/s1`), how many things of each node use it. */
  readonly #uses = new Map<string, Map<string, number>>();
  readonly #volumes = new Map<string, VolumeUse>();
  /** By secret, the volumes whose driver needs it. */
  readonly #volumesOfSecret = new Map<string, Set<string>>();

  constructor(objects: NodeGraphObjects) {
    objects.pods.onChange(({ before, after }) => {
      if (before !== undefined) this.#countPod(before, -1);
      if (after !== undefined) this.#countPod(after, 1);
    });
    objects.persistentVolumes.onChange(({ before, after }) => this.#setVolume((after ?? before)!, after));
    objects.volumeAttachments.onChange(({ before, after }) => {
      for (const [each, step] of [
        [before, -1],
        [after, 1],
      ] as const) {
        if (each !== undefined) this.#count('volumeattachments', '', each.metadata?.name, each.spec?.nodeName, step);
      }
    });
    objects.resourceSlices.onChange(({ before, after }) => {
      for (const [each, step] of [
        [before, -1],
        [after, 1],
      ] as const) {
        if (each !== undefined) this.#count('resourceslices', '', each.metadata?.name, each.spec?.nodeName, step);
      }
    });
  }

  isRelated(node: string, resource: NodeReadable, namespace: string, name: string): boolean {
    if (resource === 'persistentvolumes') return this.#mounts(node, name);
    if (this.#uses.get(keyOf(resource, namespace, name))?.has(node)) return true;
    if (resource !== 'secrets') return false;
    for (const volume of this.#volumesOfSecret.get(`${namespace}/${name}`) ?? []) {
      if (this.#mounts(node, volume)) return true;
    }
    return false;
  }

  #mounts(node: string, volume: string): boolean {
    const claim = this.#volumes.get(volume)?.claim;
    return claim !== undefined && (this.#uses.get(`persistentvolumeclaims ${claim}`)?.has(node) ?? false);
  }

  #countPod(pod: AnyJson, step: 1 | -1): void {
    const node = pod.spec?.nodeName;
    const namespace = pod.metadata?.namespace ?? '';
    if (!node) return;
    const count = (resource: NodeReadable, name: string) => this.#count(resource, namespace, name, node, step);
    count('pods', pod.metadata.name);
    // A node makes its mirror Pods itself: they must not open anything to it.
    if (isMirrorPod(pod)) return;
    const { secrets, configMaps, claims } = podReferences(pod);
    for (const name of secrets) count('secrets', name);
    for (const name of configMaps) count('configmaps', name);
    for (const name of claims) count('persistentvolumeclaims', name);
    if (pod.spec.serviceAccountName) count('serviceaccounts', pod.spec.serviceAccountName);
    for (const name of resourceClaimsOf(pod)) count('resourceclaims', name);
  }

  #count(
    resource: NodeReadable,
    namespace: string,
    name: string | undefined,
    node: string | undefined,
    step: 1 | -1,
  ): void {
    if (!name || !node) return;
    const key = keyOf(resource, namespace, name);
    let nodes = this.#uses.get(key);
    if (nodes === undefined) this.#uses.set(key, (nodes = new Map()));
    const count = (nodes.get(node) ?? 0) + step;
    if (count > 0) nodes.set(node, count);
    else nodes.delete(node);
    if (nodes.size === 0) this.#uses.delete(key);
  }

  #setVolume({ metadata }: PersistentVolume, after: PersistentVolume | undefined): void {
    const name = metadata!.name!;
    for (const secret of this.#volumes.get(name)?.secrets ?? []) {
      const volumes = this.#volumesOfSecret.get(secret);
      volumes?.delete(name);
      if (volumes?.size === 0) this.#volumesOfSecret.delete(secret);
    }
    this.#volumes.delete(name);
    const claimRef = after?.spec?.claimRef;
    if (after === undefined || claimRef == null) return;
    const secrets = volumeSecrets(after, claimRef.namespace ?? '');
    this.#volumes.set(name, { claim: `${claimRef.namespace}/${claimRef.name}`, secrets });
    for (const secret of secrets) {
      const volumes = this.#volumesOfSecret.get(secret) ?? new Set();
      this.#volumesOfSecret.set(secret, volumes.add(name));
    }
  }
}

function keyOf(resource: NodeReadable, namespace: string, name: string): string {
  return `${resource} ${namespace}/${name}`;
}

/** Claims named in the spec, made from templates, and made for extended resources. */
function resourceClaimsOf(pod: AnyJson): Set<string> {
  const names = [
    ...(pod.spec.resourceClaims ?? []).map((each: AnyJson) => each.resourceClaimName),
    ...(pod.status?.resourceClaimStatuses ?? []).map((each: AnyJson) => each.resourceClaimName),
    pod.status?.extendedResourceClaimStatus?.resourceClaimName,
  ];
  return new Set(names.filter(Boolean));
}

/** The secrets that a kubelet reads for a volume; provisioning and attaching are not its business. */
function volumeSecrets(volume: AnyJson, claimNamespace: string): string[] {
  const spec = volume.spec ?? {};
  const references = [
    spec.cephfs?.secretRef,
    spec.flexVolume?.secretRef,
    spec.rbd?.secretRef,
    spec.scaleIO?.secretRef,
    spec.iscsi?.secretRef,
    spec.storageos?.secretRef,
    spec.csi?.nodePublishSecretRef,
    spec.csi?.nodeStageSecretRef,
    spec.csi?.nodeExpandSecretRef,
    spec.azureFile && { name: spec.azureFile.secretName, namespace: spec.azureFile.secretNamespace },
  ];
  return references.filter(each => each?.name).map(each => `${each.namespace || claimNamespace}/${each.name}`);
}
