/** The volumes of a Pod. */

import type { PodSpec } from '#api/core/pod-spec.ts';
import type { KeyToPath } from '#api/core/projected-volume.ts';
import type { Volume } from '#api/core/volume.ts';
import { inspectClaimSpec } from '#apiserver/resources/core/persistent-volume-claim-spec.ts';
import {
  inspectFieldReference,
  inspectResourceReference,
  volumeFields,
} from '#apiserver/resources/core/pod-references.ts';
import type { InspectSource } from '#apiserver/resources/core/volume-sources.ts';
import {
  commonSources,
  emptyDir,
  inspectDriverName,
  inspectLocalPath,
  iscsi,
  requires,
  storageOs,
} from '#apiserver/resources/core/volume-sources.ts';
import { addProblems } from '#apiserver/resources/messages.ts';
import { invalidSelector } from '#apiserver/resources/selectors.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { duplicate, forbidden, invalid, notSupported, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkDns1123Label, checkDns1123Subdomain, nameIsDnsSubdomain } from '#machinery/validation/names.ts';
import { validateAnnotations, validateLabels } from '#machinery/validation/object-meta.ts';

/** A volume of one kind, or undefined where none is set. */
export type VolumesByName = ReadonlyMap<string, Volume>;

/** Who has the volumes: the Pod, or a template of Pods (whose own name is not theirs). */
export interface VolumeOwner {
  readonly metadata: ObjectMeta | undefined;
  readonly isPod: boolean;
  /** What stands there: what was let in once is not refused later. */
  readonly before?: PodSpec | undefined;
}

/** Gives the volumes that are right: mounts of others are errors of their own, as upstream counts them. */
export function inspectVolumes(
  volumes: readonly Volume[],
  owner: VolumeOwner,
  path: FieldPath,
  errors: FieldError[],
): VolumesByName {
  const known = new Map<string, Volume>();
  const podName = owner.metadata?.name;
  const ownClaims = new Set(volumes.filter(v => podName && v.ephemeral).map(v => `${podName}-${v.name}`));
  volumes.forEach((volume, i) => {
    const at = `${path}[${i}]`;
    const countBefore = errors.length;
    inspectVolumeSource(volume, owner, at, errors);
    if (volume.name === '') errors.push(required(`${at}.name`));
    else addProblems(errors, `${at}.name`, volume.name, checkDns1123Label(volume.name));
    if (known.has(volume.name)) errors.push(duplicate(`${at}.name`, volume.name));
    if (errors.length === countBefore) known.set(volume.name, volume);
    const claimName = volume.persistentVolumeClaim?.claimName;
    if (claimName !== undefined && ownClaims.has(claimName)) {
      const problem = 'must not reference a PVC that gets created for an ephemeral volume';
      errors.push(invalid(`${at}.persistentVolumeClaim.claimName`, claimName, problem));
    }
  });
  return known;
}

function inspectVolumeSource(volume: Volume, owner: VolumeOwner, path: FieldPath, errors: FieldError[]): void {
  let count = 0;
  for (const [name, inspect] of podSources) {
    const source = volume[name as keyof Volume];
    if (source === undefined || source === null) continue;
    if (count++ > 0) errors.push(forbidden(`${path}.${name}`, 'may not specify more than 1 volume type'));
    else inspect(source, `${path}.${name}`, errors);
  }
  const { ephemeral, image } = volume;
  if (ephemeral) {
    if (count++ > 0) errors.push(forbidden(`${path}.ephemeral`, 'may not specify more than 1 volume type'));
    else inspectEphemeral(volume, owner, path, errors);
  }
  if (image) {
    if (count++ > 0) errors.push(forbidden(`${path}.image`, 'may not specify more than 1 volume type'));
    else {
      if (owner.isPod && !image.reference) errors.push(required(`${path}.image.reference`));
      inspectPullPolicy(image.pullPolicy, `${path}.image.pullPolicy`, errors);
    }
  }
  if (volume.iscsi?.initiatorName !== undefined && `${volume.name}:${volume.iscsi.targetPortal}`.length > 64) {
    errors.push(invalid(`${path}.name`, volume.name, targetPortalProblem));
  }
  if (count === 0) errors.push(required(path, 'must specify a volume type'));
}

export const targetPortalProblem =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

const pullPolicies = ['Always', 'IfNotPresent', 'Never'];

export function inspectPullPolicy(policy: string | undefined, path: FieldPath, errors: FieldError[]): void {
  if (!policy) errors.push(required(path));
  else if (!pullPolicies.includes(policy)) errors.push(notSupported(path, policy, pullPolicies));
}

const fileMode = 'must be a number between 0 and 0777 (octal), both inclusive';

function inspectMode(mode: number | undefined, path: FieldPath, errors: FieldError[]): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) errors.push(invalid(path, mode, fileMode));
}

function inspectKeyToPath(item: KeyToPath, path: FieldPath, errors: FieldError[]): void {
  if (item.key === '') errors.push(required(`${path}.key`));
  if (item.path === '') errors.push(required(`${path}.path`));
  else inspectLocalPath(item.path, `${path}.path`, errors);
  inspectMode(item.mode, `${path}.mode`, errors);
}

/** A ConfigMap or Secret as files. */
const files =
  (nameField: string): InspectSource =>
  (source, path, errors) => {
    if (!source[nameField]) errors.push(required(`${path}.${nameField}`));
    inspectMode(source.defaultMode, `${path}.defaultMode`, errors);
    (source.items ?? []).forEach((item: KeyToPath, i: number) => {
      inspectKeyToPath(item, `${path}.items[${i}]`, errors);
    });
  };

function downwardApi(source: AnyJson, path: FieldPath, errors: FieldError[]): void {
  inspectMode(source.defaultMode, `${path}.defaultMode`, errors);
  for (const file of source.items ?? []) inspectDownwardFile(file, path, errors);
}

function inspectDownwardFile(file: AnyJson, path: FieldPath, errors: FieldError[]): void {
  if (file.path === '') errors.push(required(`${path}.path`));
  inspectLocalPath(file.path, `${path}.path`, errors);
  if (file.fieldRef) {
    inspectFieldReference(file.fieldRef, volumeFields, `${path}.fieldRef`, errors);
    if (file.resourceFieldRef) {
      errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    }
  } else if (file.resourceFieldRef) {
    inspectResourceReference(file.resourceFieldRef, true, `${path}.resourceFieldRef`, errors);
  } else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  inspectMode(file.mode, `${path}.mode`, errors);
}

function csi(source: AnyJson, path: FieldPath, errors: FieldError[]): void {
  inspectDriverName(source.driver, `${path}.driver`, errors);
  const secret = source.nodePublishSecretRef;
  if (!secret) return;
  if (!secret.name) errors.push(required(`${path}.nodePublishSecretRef.name`));
  else addProblems(errors, `${path}.name`, secret.name, checkDns1123Subdomain(secret.name));
}

const namedSecret: InspectSource = (source, path, errors) => {
  if (source.secretRef && !source.secretRef.name) errors.push(required(`${path}.secretRef.name`));
};

function projected(source: AnyJson, path: FieldPath, errors: FieldError[]): void {
  inspectMode(source.defaultMode, `${path}.defaultMode`, errors);
  const taken = new Set<string>();
  /** Two sources must not write the same file. */
  const claim = (file: string, shown: string): void => {
    if (file === '') return;
    if (taken.has(file)) errors.push(invalid(path, shown, 'conflicting duplicate paths'));
    taken.add(file);
  };
  (source.sources ?? []).forEach((projection: AnyJson, i: number) => {
    const at = `${path}.sources[${i}]`;
    for (const name of ['secret', 'configMap']) {
      if (projection[name]) inspectProjectedKeys(projection[name], `${at}.${name}`, errors, claim);
    }
    for (const file of projection.downwardAPI?.items ?? []) {
      inspectDownwardFile(file, `${at}.downwardAPI`, errors);
      claim(file.path, file.path);
    }
    if (projection.serviceAccountToken) inspectToken(projection.serviceAccountToken, at, path, errors);
    if (projection.clusterTrustBundle) {
      inspectTrustBundle(projection.clusterTrustBundle, `${at}.clusterTrustBundle`, errors);
      claim(projection.clusterTrustBundle.path, projection.clusterTrustBundle.path);
    }
    if (projection.podCertificate)
      inspectPodCertificate(projection.podCertificate, `${at}.podCertificate`, errors, claim);
    if (Object.keys(projection).length > 1) errors.push(forbidden(at, 'may not specify more than 1 volume type'));
  });
}

type Claim = (file: string, shown: string) => void;

function inspectProjectedKeys(source: AnyJson, path: FieldPath, errors: FieldError[], claim: Claim): void {
  if (!source.name) errors.push(required(`${path}.name`));
  (source.items ?? []).forEach((item: KeyToPath, i: number) => {
    inspectKeyToPath(item, `${path}.items[${i}]`, errors);
    claim(item.path, source.name ?? '');
  });
}

const tokenSecondsMin = 600;
const tokenSecondsMax = 2 ** 32;

/** The path of its file is named by the volume, not by the source, in errors. */
function inspectToken(token: AnyJson, at: FieldPath, volumePath: FieldPath, errors: FieldError[]): void {
  const seconds = token.expirationSeconds;
  const path = `${at}.serviceAccountToken.expirationSeconds`;
  if (seconds < tokenSecondsMin) errors.push(invalid(path, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > tokenSecondsMax)
    errors.push(invalid(path, seconds, 'may not specify a duration larger than 2^32 seconds'));
  if (token.path === '') errors.push(required(`${volumePath}.path`));
  else inspectLocalPath(token.path, `${volumePath}.path`, errors);
}

function inspectTrustBundle(bundle: AnyJson, path: FieldPath, errors: FieldError[]): void {
  const { name, signerName } = bundle;
  if (name !== undefined && signerName !== undefined) {
    errors.push(invalid(path, bundle, 'only one of name and signerName may be used'));
  } else if (name !== undefined) {
    if (name === '') errors.push(required(`${path}.name`, 'must be a valid object name'));
    addProblems(errors, `${path}.name`, name, nameIsDnsSubdomain(name));
    if (bundle.labelSelector) {
      errors.push(
        invalidSelector(
          `${path}.labelSelector`,
          bundle.labelSelector,
          'labelSelector must be unset if name is specified',
        ),
      );
    }
  } else if (signerName === undefined) errors.push(required(path, 'either name or signerName must be specified'));
  else if (signerName === '') errors.push(required(`${path}.signerName`, 'must be a valid signer name'));
  if (bundle.path === '') errors.push(required(`${path}.path`));
  inspectLocalPath(bundle.path, `${path}.path`, errors);
}

const keyTypes = ['ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519', 'RSA3072', 'RSA4096'];

function inspectPodCertificate(source: AnyJson, path: FieldPath, errors: FieldError[], claim: Claim): void {
  if (!source.signerName) errors.push(required(`${path}.signerName`));
  if (!keyTypes.includes(source.keyType)) errors.push(notSupported(`${path}.keyType`, source.keyType, keyTypes));
  const { maxExpirationSeconds: seconds } = source;
  if (seconds !== undefined && (seconds < 3600 || seconds > 91 * 24 * 3600)) {
    errors.push(
      invalid(
        `${path}.maxExpirationSeconds`,
        seconds,
        'if provided, maxExpirationSeconds must be between 3600 and 7862400',
      ),
    );
  }
  const { credentialBundlePath = '', keyPath = '', certificateChainPath = '' } = source;
  if (!credentialBundlePath && !keyPath && !certificateChainPath) {
    errors.push(required(path, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath'));
  }
  for (const [name, file] of Object.entries({ credentialBundlePath, keyPath, certificateChainPath })) {
    if (file) inspectLocalPath(file, `${path}.${name}`, errors);
    claim(file, file);
  }
}

/** The claim that is made for the Pod takes its name from both. */
function inspectEphemeral(volume: Volume, owner: VolumeOwner, at: FieldPath, errors: FieldError[]): void {
  const path = `${at}.ephemeral.volumeClaimTemplate`;
  const template = volume.ephemeral?.volumeClaimTemplate;
  if (!template) {
    errors.push(required(path));
    return;
  }
  inspectClaimTemplateMeta(template.metadata ?? {}, `${path}.metadata`, errors);
  inspectClaimSpec(template.spec, `${path}.spec`, errors);
  const podName = owner.metadata?.name;
  if (!podName) return;
  const claimName = `${podName}-${volume.name}`;
  for (const problem of checkDns1123Subdomain(claimName)) {
    errors.push(invalid(`${at}.name`, volume.name, `PVC name "${claimName}": ${problem}`));
  }
}

function inspectClaimTemplateMeta(metadata: ObjectMeta, path: FieldPath, errors: FieldError[]): void {
  errors.push(...validateAnnotations(metadata.annotations ?? {}, `${path}.annotations`));
  errors.push(...validateLabels(metadata.labels ?? {}, `${path}.labels`));
  for (const name of Object.keys(metadata)) {
    if (name !== 'annotations' && name !== 'labels') {
      errors.push(forbidden(`${path}.${name}`, 'cannot be set for an ephemeral volume'));
    }
  }
}

/** In upstream's order, which decides which of two kinds is the one too many. */
const podSources: readonly (readonly [name: string, inspect: InspectSource])[] = Object.entries({
  emptyDir,
  hostPath: commonSources['hostPath'] as InspectSource,
  gitRepo: (source, path, errors) => {
    requires('repository')(source, path, errors);
    inspectLocalPath(source.directory ?? '', `${path}.directory`, errors);
  },
  gcePersistentDisk: commonSources['gcePersistentDisk'] as InspectSource,
  awsElasticBlockStore: commonSources['awsElasticBlockStore'] as InspectSource,
  secret: files('secretName'),
  nfs: commonSources['nfs'] as InspectSource,
  iscsi: iscsi('must be valid format starting with iqn, eui, or naa', () => {}),
  glusterfs: commonSources['glusterfs'] as InspectSource,
  flocker: commonSources['flocker'] as InspectSource,
  persistentVolumeClaim: requires('claimName'),
  rbd: commonSources['rbd'] as InspectSource,
  cinder: (source, path, errors) => {
    requires('volumeID')(source, path, errors);
    namedSecret(source, path, errors);
  },
  cephfs: commonSources['cephfs'] as InspectSource,
  quobyte: commonSources['quobyte'] as InspectSource,
  downwardAPI: downwardApi,
  fc: commonSources['fc'] as InspectSource,
  flexVolume: commonSources['flexVolume'] as InspectSource,
  configMap: files('name'),
  azureFile: commonSources['azureFile'] as InspectSource,
  vsphereVolume: commonSources['vsphereVolume'] as InspectSource,
  photonPersistentDisk: commonSources['photonPersistentDisk'] as InspectSource,
  portworxVolume: commonSources['portworxVolume'] as InspectSource,
  azureDisk: commonSources['azureDisk'] as InspectSource,
  storageos: (source, path, errors) => {
    storageOs(source, path, errors);
    namedSecret(source, path, errors);
  },
  projected,
  scaleIO: commonSources['scaleIO'] as InspectSource,
  csi,
} satisfies Record<string, InspectSource>);
