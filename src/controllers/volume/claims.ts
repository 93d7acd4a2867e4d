/** One step of a claim: finds it a volume, asks for one to be made, or notices that it has lost its own. */

import type { PersistentVolume } from '#api/core/persistent-volume.ts';
import { persistentVolumes } from '#api/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '#api/core/persistent-volume-claim.ts';
import { persistentVolumeClaims } from '#api/core/persistent-volume-claim.ts';
import type { Pod } from '#api/core/pod.ts';
import type { StorageClass } from '#api/storage/storage-class.ts';
import type { Client } from '#client/client.ts';
import type { Informer } from '#client/informer.ts';
import type { Stored } from '#client/object.ts';
import { bestMatch, classOf, isReservedFor, mismatch } from '#controllers/volume/match.ts';
import type { Clock } from '#lib/clock.ts';
import { rfc3339 } from '#lib/clock.ts';
import type { EventRecorder } from '#loop/events.ts';
import { sameJson } from '#loop/same.ts';

type Volume = Stored<PersistentVolume>;
type Claim = Stored<PersistentVolumeClaim>;

export interface VolumeDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly volumes: Informer<PersistentVolume>;
  readonly claims: Informer<PersistentVolumeClaim>;
  readonly classes: Informer<StorageClass>;
  /** The Pods that use a claim. */
  readonly usersOf: (claim: Claim) => Stored<Pod>[];
}

export const bindCompleted = 'pv.kubernetes.io/bind-completed';
export const boundByController = 'pv.kubernetes.io/bound-by-controller';
const selectedNode = 'volume.kubernetes.io/selected-node';
const provisionerAnnotations = [
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-provisioner',
];
const defaultClassAnnotation = 'storageclass.kubernetes.io/is-default-class';
const inTreePrefix = 'kubernetes.io/';

export async function syncClaim(claim: Claim, deps: VolumeDeps): Promise<void> {
  if (claim.metadata.annotations?.[bindCompleted] !== undefined) return syncBound(claim, deps);
  return claim.spec.volumeName ? syncNamed(claim, deps) : syncUnbound(claim, deps);
}

async function syncUnbound(claim: Claim, deps: VolumeDeps): Promise<void> {
  const { recorder, classes, client } = deps;
  const className = classOf(claim);
  const storageClass = className ? classes.byKey(className) : undefined;
  const waits =
    storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && !claim.metadata.annotations?.[selectedNode];
  const volume = bestMatch(claim, deps.volumes.values(), waits);
  if (volume !== undefined) return bind(volume, claim, deps);
  if (className === undefined) {
    const byDefault = defaultClass(classes);
    if (byDefault !== undefined) {
      const spec = { ...claim.spec, storageClassName: byDefault.metadata.name };
      await client.update(persistentVolumeClaims, { ...claim, spec });
      return;
    }
  }
  if (waits) sayWaiting(claim, deps);
  else if (className) await provision(claim, className, deps);
  else {
    const message = 'no persistent volumes available for this claim and no storage class is set';
    recorder.say(persistentVolumeClaims, claim, 'Normal', 'FailedBinding', message);
  }
  await writeClaimStatus(claim, { phase: 'Pending' }, deps);
}

/** The youngest of those marked as default. */
function defaultClass(classes: Informer<StorageClass>): Stored<StorageClass> | undefined {
  let newest: Stored<StorageClass> | undefined;
  for (const each of classes.values()) {
    if (each.metadata.annotations?.[defaultClassAnnotation] !== 'true') continue;
    if (newest === undefined || each.metadata.creationTimestamp > newest.metadata.creationTimestamp) newest = each;
  }
  return newest;
}

function sayWaiting(claim: Claim, { recorder, usersOf }: VolumeDeps): void {
  const names = usersOf(claim)
    .filter(pod => !pod.spec.nodeName)
    .map(pod => pod.metadata.name);
  const [reason, message] =
    names.length === 0
      ? ['WaitForFirstConsumer', 'waiting for first consumer to be created before binding']
      : ['WaitForPodScheduled', `waiting for pod ${names.join(',')} to be scheduled`];
  recorder.say(persistentVolumeClaims, claim, 'Normal', reason!, message!);
}

/** Somebody outside makes the volume; all there is to do is to say which of them. */
async function provision(claim: Claim, className: string, { classes, client, recorder }: VolumeDeps): Promise<void> {
  const storageClass = classes.byKey(className);
  if (storageClass === undefined) {
    const message = `storageclass.storage.k8s.io "${className}" not found`;
    recorder.say(persistentVolumeClaims, claim, 'Warning', 'ProvisioningFailed', message);
    return;
  }
  const { provisioner } = storageClass;
  if (provisioner.startsWith(inTreePrefix)) {
    const message = `no volume plugin matched name: ${provisioner}`;
    recorder.say(persistentVolumeClaims, claim, 'Warning', 'ProvisioningFailed', message);
    return;
  }
  const annotations = { ...claim.metadata.annotations };
  for (const name of provisionerAnnotations) annotations[name] = provisioner;
  if (!sameJson(annotations, claim.metadata.annotations)) {
    await client.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, annotations } });
  }
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  recorder.say(persistentVolumeClaims, claim, 'Normal', 'ExternalProvisioning', message);
}

async function syncNamed(claim: Claim, deps: VolumeDeps): Promise<void> {
  const { recorder, volumes } = deps;
  const volume = volumes.byKey(claim.spec.volumeName ?? '');
  if (volume !== undefined) {
    const { name } = volume.metadata;
    if (volume.spec.claimRef === undefined) {
      const why = mismatch(volume, claim);
      if (why === undefined) return bind(volume, claim, deps);
      const message = `Cannot bind to requested volume "${name}": ${why}`;
      recorder.say(persistentVolumeClaims, claim, 'Warning', 'VolumeMismatch', message);
    } else if (isReservedFor(volume, claim)) return bind(volume, claim, deps);
    else if (claim.metadata.annotations?.[boundByController] === undefined) {
      const message = `volume "${name}" already bound to a different claim.`;
      recorder.say(persistentVolumeClaims, claim, 'Warning', 'FailedBinding', message);
    }
  }
  await writeClaimStatus(claim, { phase: 'Pending' }, deps);
}

async function syncBound(claim: Claim, deps: VolumeDeps): Promise<void> {
  const volume = deps.volumes.byKey(claim.spec.volumeName ?? '');
  if (!claim.spec.volumeName) {
    return lose(
      claim,
      'ClaimLost',
      'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!',
      deps,
    );
  }
  if (volume === undefined) {
    return lose(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!', deps);
  }
  if (volume.spec.claimRef === undefined || volume.spec.claimRef.uid === claim.metadata.uid)
    return bind(volume, claim, deps);
  const message = 'Two claims are bound to the same volume, this one is bound incorrectly';
  return lose(claim, 'ClaimMisbound', message, deps);
}

async function lose(claim: Claim, reason: string, message: string, deps: VolumeDeps): Promise<void> {
  if (claim.status.phase === 'Lost') return;
  await writeClaimStatus(claim, { phase: 'Lost' }, deps);
  deps.recorder.say(persistentVolumeClaims, claim, 'Warning', reason, message);
}

/** Four writes, each done only when it is not done already, so that whatever is interrupted goes on from there. */
async function bind(volume: Volume, claim: Claim, deps: VolumeDeps): Promise<void> {
  const { client } = deps;
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  let bound = volume;
  if (volume.spec.claimRef?.uid !== uid) {
    const wasReserved = isReservedFor(volume, claim);
    const annotations = { ...volume.metadata.annotations, ...(wasReserved ? {} : { [boundByController]: 'yes' }) };
    const claimRef = { kind: 'PersistentVolumeClaim', namespace, name, uid, apiVersion: 'v1', resourceVersion };
    const metadata = { ...volume.metadata, annotations };
    bound = await client.update(persistentVolumes, { ...volume, metadata, spec: { ...volume.spec, claimRef } });
  }
  await writeVolumePhase(bound, 'Bound', undefined, deps);
  let boundClaim = claim;
  const wasNamed = claim.spec.volumeName === volume.metadata.name;
  if (!wasNamed || claim.metadata.annotations?.[bindCompleted] === undefined) {
    const annotations = {
      ...claim.metadata.annotations,
      [bindCompleted]: 'yes',
      ...(wasNamed ? {} : { [boundByController]: 'yes' }),
    };
    const spec = { ...claim.spec, volumeName: volume.metadata.name };
    boundClaim = await client.update(persistentVolumeClaims, {
      ...claim,
      metadata: { ...claim.metadata, annotations },
      spec,
    });
  }
  const { accessModes } = volume.spec;
  // The capacity of a bound claim follows what the expansion of the volume says, not the volume itself.
  const capacity = boundClaim.status.phase === 'Bound' ? boundClaim.status.capacity : volume.spec.capacity;
  await writeClaimStatus(boundClaim, { ...boundClaim.status, phase: 'Bound', accessModes, capacity }, deps);
}

async function writeClaimStatus(
  claim: Claim,
  status: PersistentVolumeClaim['status'],
  { client }: VolumeDeps,
): Promise<void> {
  if (sameJson(claim.status, status)) return;
  if (claim.status.phase === 'Pending' && status?.phase === 'Pending') return;
  await client.updateStatus(persistentVolumeClaims, { ...claim, status });
}

export async function writeVolumePhase(
  volume: Volume,
  phase: string,
  message: string | undefined,
  { client, clock }: VolumeDeps,
): Promise<Volume> {
  if (volume.status.phase === phase && volume.status.message === message) return volume;
  const lastPhaseTransitionTime = rfc3339(clock.nowMs());
  const status = { ...volume.status, phase, message, lastPhaseTransitionTime };
  return client.updateStatus(persistentVolumes, { ...volume, status });
}
