/**
 * The ConfigMaps and Secrets that the Pods of this node refer to, each watched by its name for as long as a Pod does: a
 * node may see no others.
 */

import type { ConfigMap } from '#api/core/config-map.ts';
import { configMaps } from '#api/core/config-map.ts';
import type { EnvFromSource, EnvVar } from '#api/core/env.ts';
import type { Pod } from '#api/core/pod.ts';
import type { Secret } from '#api/core/secret.ts';
import { secrets } from '#api/core/secret.ts';
import type { Volume } from '#api/core/volume.ts';
import { isForbidden, isNotFound } from '#client/api-error.ts';
import type { ResourceOf } from '#client/client.ts';
import type { InformerOptions } from '#client/informer.ts';
import { Informer } from '#client/informer.ts';
import { allContainersOf } from '#kubelet/containers-of.ts';
import { podKey } from '#kubelet/labels.ts';

type Kind = 'configmap' | 'secret';

interface Watched {
  informer: Informer<ConfigMap | Secret>;
  /** By the uid of the Pods that refer to it. */
  holders: Map<string, () => void>;
}

export class ReferencedObjects {
  readonly #options: InformerOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #heldBy = new Map<string, Set<string>>();

  constructor(options: InformerOptions) {
    this.#options = options;
  }

  /** Watches what the Pod refers to; calls back when one of them changes. */
  hold(pod: Pod, options: { volumes: boolean }, onChange: () => void): void {
    const { uid, namespace } = podKey(pod);
    const wanted = new Set(referencesOf(pod, options).map(({ kind, name }) => `${kind} ${namespace}/${name}`));
    const held = this.#heldBy.get(uid) ?? new Set();
    for (const id of wanted) if (!held.has(id)) this.#watch(id).holders.set(uid, onChange);
    for (const id of held) if (!wanted.has(id)) this.#drop(id, uid);
    if (wanted.size > 0) this.#heldBy.set(uid, wanted);
    else this.#heldBy.delete(uid);
  }

  release(uid: string): void {
    for (const id of this.#heldBy.get(uid) ?? []) this.#drop(id, uid);
    this.#heldBy.delete(uid);
  }

  configMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    return this.#get<ConfigMap>('configmap', configMaps, namespace, name);
  }

  secret(namespace: string, name: string): Promise<Secret | undefined> {
    return this.#get<Secret>('secret', secrets, namespace, name);
  }

  stop(): void {
    for (const { informer } of this.#watched.values()) informer.stop();
    this.#watched.clear();
    this.#heldBy.clear();
  }

  async #get<T>(kind: Kind, resource: ResourceOf<T>, namespace: string, name: string): Promise<T | undefined> {
    const watched = this.#watched.get(`${kind} ${namespace}/${name}`);
    const known = watched?.informer.hasSynced ? watched.informer.get(namespace, name) : undefined;
    if (known !== undefined) return known as T;
    // The watch may not have begun, or lag behind: what is not there now is not there.
    try {
      return await this.#options.client.get(resource, { namespace, name });
    } catch (error) {
      if (isNotFound(error) || isForbidden(error)) return undefined;
      throw error;
    }
  }

  #watch(id: string): Watched {
    const present = this.#watched.get(id);
    if (present !== undefined) return present;
    const [kind, path = ''] = id.split(' ');
    const [namespace = '', name = ''] = path.split('/');
    const resource = (kind === 'configmap' ? configMaps : secrets) as ResourceOf<ConfigMap | Secret>;
    const informer = new Informer(resource, { namespace, fieldSelector: `metadata.name=${name}` }, this.#options);
    const watched: Watched = { informer, holders: new Map() };
    this.#watched.set(id, watched);
    const tell = () => {
      for (const onChange of watched.holders.values()) onChange();
    };
    informer.on({ add: tell, update: tell, delete: tell });
    informer.start();
    return watched;
  }

  #drop(id: string, uid: string): void {
    const watched = this.#watched.get(id);
    watched?.holders.delete(uid);
    if (watched === undefined || watched.holders.size > 0) return;
    watched.informer.stop();
    this.#watched.delete(id);
  }
}

interface Reference {
  kind: Kind;
  name: string;
}

/** What the Pod's containers and, where they are set up, its volumes refer to. */
function referencesOf(pod: Pod, { volumes }: { volumes: boolean }): Reference[] {
  const found: Reference[] = (pod.spec?.imagePullSecrets ?? []).map(({ name = '' }) => ({ kind: 'secret', name }));
  for (const { container } of allContainersOf(pod)) {
    for (const from of container.envFrom ?? []) found.push(...ofEnvFrom(from));
    for (const variable of container.env ?? []) found.push(...ofVariable(variable));
  }
  if (volumes) for (const volume of pod.spec?.volumes ?? []) found.push(...ofVolume(volume));
  return found.filter(({ name }) => name !== '');
}

function ofEnvFrom({ configMapRef, secretRef }: EnvFromSource): Reference[] {
  return [...one('configmap', configMapRef?.name), ...one('secret', secretRef?.name)];
}

function ofVariable({ valueFrom }: EnvVar): Reference[] {
  return [...one('configmap', valueFrom?.configMapKeyRef?.name), ...one('secret', valueFrom?.secretKeyRef?.name)];
}

function ofVolume({ configMap, secret, projected }: Volume): Reference[] {
  return [
    ...one('configmap', configMap?.name),
    ...one('secret', secret?.secretName),
    ...(projected?.sources ?? []).flatMap(source => [
      ...one('configmap', source.configMap?.name),
      ...one('secret', source.secret?.name),
    ]),
  ];
}

const one = (kind: Kind, name: string | undefined): Reference[] => (name === undefined ? [] : [{ kind, name }]);
