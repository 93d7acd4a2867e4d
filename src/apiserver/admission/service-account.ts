/**
 * Each Pod runs as a service account: `default` unless it says otherwise. Its token, the cluster's CA and the namespace are
 * mounted into every container, from one projected volume.
 */

import type { ServiceAccount } from '#api/core/service-account.ts';
import type { Admission, AdmissionRequest } from '#apiserver/admission/admission.ts';
import { refusal } from '#apiserver/admission/admission.ts';
import { isMirrorPod, podContainers, podReferences } from '#apiserver/admission/pod-containers.ts';
import type { Objects } from '#apiserver/objects.ts';
import type { Clock } from '#lib/clock.ts';
import { type Random, randomSuffix } from '#lib/random.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { quote } from '#machinery/validation/field-error.ts';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const volumePrefix = 'kube-api-access-';
/** An hour and a little: the odd number tells our own tokens from those that somebody asked for. */
const tokenLifeSeconds = 3607;
/** A new namespace gets its `default` account a moment after it was made: a Pod waits for it this long. */
const accountWaitMs = 1500;
const enforceAnnotation = 'kubernetes.io/enforce-mountable-secrets';

export interface ServiceAccountOptions {
  readonly serviceAccounts: Objects<ServiceAccount>;
  readonly clock: Clock;
  readonly random: Random;
}

export function serviceAccountAdmission(options: ServiceAccountOptions): Admission {
  const arrivals = new Arrivals(options);
  return {
    name: 'ServiceAccount',
    handles: ({ operation, group, resource, subresource }) =>
      group === '' &&
      resource === 'pods' &&
      ((operation === 'CREATE' && subresource === '') ||
        (operation === 'UPDATE' && subresource === 'ephemeralcontainers')),
    mutate(request) {
      const pod = request.object;
      if (request.operation !== 'CREATE') return;
      if (isMirrorPod(pod)) return checkMirror(request);
      pod.spec.serviceAccountName ||= 'default';
      pod.spec.serviceAccount = pod.spec.serviceAccountName;
      const found = options.serviceAccounts.get(request.namespace, pod.spec.serviceAccountName);
      if (found !== undefined) return complete(request, found, options.random);
      return arrivals
        .wait(request.namespace, pod.spec.serviceAccountName)
        .then(account => complete(request, account, options.random));
    },
    validate(request) {
      const pod = request.object;
      if (isMirrorPod(pod)) return checkMirror(request);
      const account = options.serviceAccounts.get(request.namespace, pod.spec.serviceAccountName ?? '');
      if (account === undefined) {
        // An account may go while its Pod lives on; only a new Pod needs it.
        if (request.operation === 'CREATE') throw accountMissing(request);
        return;
      }
      if (account.metadata?.annotations?.[enforceAnnotation]?.toLowerCase() === 'true') limitSecrets(request, account);
    },
  };
}

function accountMissing(request: AdmissionRequest) {
  const name = request.object.spec.serviceAccountName ?? '';
  const what = `${request.namespace}/${name}: serviceaccount ${quote(name)} not found`;
  return refusal(request, `error looking up service account ${what}`);
}

function complete(request: AdmissionRequest, account: ServiceAccount | undefined, random: Random): void {
  if (account === undefined) throw accountMissing(request);
  const { spec } = request.object;
  const automount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
  if (automount) mountToken(spec, random);
  if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
    spec.imagePullSecrets = account.imagePullSecrets.map(({ name }) => ({ name }));
  }
}

/** A container that mounts something there itself keeps it; a volume that is there already is used. */
function mountToken(spec: AnyJson, random: Random): void {
  const existing = (spec.volumes ?? []).find((volume: AnyJson) => volume.name.startsWith(volumePrefix));
  const name = existing?.name ?? volumePrefix + randomSuffix(random, 5);
  let mounted = false;
  for (const { kind, container } of podContainers(spec)) {
    const taken = (container.volumeMounts ?? []).some((mount: AnyJson) => mount.mountPath === mountPath);
    if (kind === 'ephemeral container' || taken) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
    mounted = true;
  }
  if (mounted && existing === undefined) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function tokenVolume(name: string): AnyJson {
  const fieldRef = { apiVersion: 'v1', fieldPath: 'metadata.namespace' };
  const sources = [
    { serviceAccountToken: { expirationSeconds: tokenLifeSeconds, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef }] } },
  ];
  return { name, projected: { sources, defaultMode: 0o644 } };
}

/** What a node claims to run without us may not lead to secrets of the cluster. */
function checkMirror(request: AdmissionRequest): void {
  const pod = request.object;
  if (request.operation !== 'CREATE') return;
  const { secrets, configMaps } = podReferences(pod);
  if (pod.spec.serviceAccountName) throw refusal(request, 'a mirror pod may not reference service accounts');
  if (secrets.size > 0) throw refusal(request, 'a mirror pod may not reference secrets');
  if (configMaps.size > 0) throw refusal(request, 'a mirror pod may not reference configmaps');
  const sources: AnyJson[] = (pod.spec.volumes ?? []).flatMap((volume: AnyJson) => volume.projected?.sources ?? []);
  if (sources.some(source => source.serviceAccountToken != null)) {
    throw refusal(request, 'a mirror pod may not use ServiceAccountToken volume projections');
  }
  if (sources.some(source => source.clusterTrustBundle != null)) {
    throw refusal(request, 'a mirror pod may not use ClusterTrustBundle volume projections');
  }
}

/** An account with the annotation lists the secrets its Pods may use. */
function limitSecrets(request: AdmissionRequest, account: ServiceAccount): void {
  const name = account.metadata?.name;
  const { spec } = request.object;
  const may = (secret: string) => (account.secrets ?? []).some(each => each.name === secret);
  const refuse = (what: string, kind = 'secret') =>
    refusal(request, `${what} is not allowed because service account ${name} does not reference that ${kind}`);
  for (const volume of spec.volumes ?? []) {
    const secret = volume.secret?.secretName;
    if (secret && !may(secret)) throw refuse(`volume with secret.secretName=${quote(secret)}`);
  }
  for (const { kind, container } of podContainers(spec)) {
    for (const { name: variable, valueFrom } of container.env ?? []) {
      const secret = valueFrom?.secretKeyRef?.name;
      if (!secret || may(secret)) continue;
      throw refuse(`${kind} ${container.name} with envVar ${variable} referencing secret.secretName=${quote(secret)}`);
    }
    for (const { secretRef } of container.envFrom ?? []) {
      if (!secretRef?.name || may(secretRef.name)) continue;
      throw refuse(`${kind} ${container.name} with envFrom referencing secret.secretName=${quote(secretRef.name)}`);
    }
  }
  const pulls: AnyJson[] = spec.imagePullSecrets ?? [];
  for (const [at, { name: secret = '' }] of pulls.entries()) {
    if ((account.imagePullSecrets ?? []).some(each => each.name === secret)) continue;
    throw refuse(`imagePullSecrets[${at}].name=${quote(secret)}`, 'imagePullSecret');
  }
}

/** Those who wait for an account to appear. */
class Arrivals {
  readonly #waiting = new Map<string, Set<(account: ServiceAccount) => void>>();
  readonly #options: ServiceAccountOptions;

  constructor(options: ServiceAccountOptions) {
    this.#options = options;
    options.serviceAccounts.onChange(({ after }) => {
      if (after === undefined || this.#waiting.size === 0) return;
      const key = `${after.metadata?.namespace}/${after.metadata?.name}`;
      for (const arrived of this.#waiting.get(key) ?? []) arrived(after);
    });
  }

  /** The account as the store has it; `default` is waited for. */
  async wait(namespace: string, name: string): Promise<ServiceAccount | undefined> {
    const latest = await this.#options.serviceAccounts.latest(namespace, name);
    if (latest !== undefined || name !== 'default') return latest;
    return new Promise(resolve => {
      const key = `${namespace}/${name}`;
      const waiting = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiting);
      const settle = (account: ServiceAccount | undefined) => {
        timer.cancel();
        waiting.delete(settle);
        if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key);
        resolve(account);
      };
      waiting.add(settle);
      const timer = this.#options.clock.after(accountWaitMs, () => settle(undefined));
    });
  }
}
