/** PersistentVolumes. */

import { isDeepStrictEqual } from 'node:util';
import type { PersistentVolume } from '#api/core/persistent-volume.ts';
import { persistentVolumes } from '#api/core/persistent-volume.ts';
import { PersistentVolumeSpec, VolumeNodeAffinity } from '#api/core/persistent-volume-spec.ts';
import { ageColumn, nameColumn, textColumn } from '#apiserver/resources/columns.ts';
import { inspectAccessModes, shownModes, volumeModes } from '#apiserver/resources/core/persistent-volume-claim-spec.ts';
import { roundAmounts } from '#apiserver/resources/core/pod-preparation.ts';
import { inspectNodeSelector } from '#apiserver/resources/core/pod-scheduling.ts';
import { targetPortalProblem } from '#apiserver/resources/core/pod-volumes.ts';
import type { InspectSource } from '#apiserver/resources/core/volume-sources.ts';
import {
  allOf,
  commonSources,
  inspectDriverName,
  inspectNoBacksteps,
  iscsi,
  requires,
  storageOs,
} from '#apiserver/resources/core/volume-sources.ts';
import { internalDiff, internalJson, persistentVolumeSources } from '#apiserver/resources/internal-form.ts';
import { aboveZero, addProblems, immutable, notSupportedShown } from '#apiserver/resources/messages.ts';
import { keepStatus, statusRules } from '#apiserver/resources/status-subresource.ts';
import type { RequestContext, Strategy } from '#apiserver/resources/strategy.ts';
import { rfc3339 } from '#lib/clock.ts';
import { parseQuantity } from '#machinery/quantity.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { struct } from '#machinery/schema.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { forbidden, invalid, invalidShown, notSupported, required } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkDns1123Label, checkDns1123Subdomain, nameIsDnsSubdomain } from '#machinery/validation/names.ts';

export const persistentVolumeStrategy: Strategy<PersistentVolume> = {
  resource: persistentVolumes,
  returnsDeleted: true,
  prepareCreate(volume, { nowMs }) {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: rfc3339(nowMs) };
    roundAmounts(volume.spec?.capacity);
  },
  validateCreate: validateVolume,
  warnOnCreate: warnings,
  prepareUpdate(volume, old) {
    keepStatus(volume, old);
    roundAmounts(volume.spec?.capacity);
  },
  validateUpdate,
  warnOnUpdate: warnings,
  subresources: {
    status: {
      prepareUpdate(volume, old, context) {
        statusRules<PersistentVolume>().prepareUpdate?.(volume, old, context);
        noteTransition(volume, old, context);
      },
    },
  },
  columns: [
    nameColumn,
    textColumn('Capacity', ({ spec }) => spec?.capacity?.['storage']),
    textColumn('Access Modes', ({ spec }) => shownModes(spec?.accessModes)),
    textColumn('Reclaim Policy', ({ spec }) => spec?.persistentVolumeReclaimPolicy),
    textColumn('Status', ({ metadata, status }) => (metadata?.deletionTimestamp ? 'Terminating' : status?.phase)),
    textColumn('Claim', ({ spec }) =>
      spec?.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : '',
    ),
    textColumn(
      'StorageClass',
      ({ metadata, spec }) =>
        metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName,
    ),
    textColumn('VolumeAttributesClass', ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>'),
    textColumn('Reason', ({ status }) => status?.reason),
    ageColumn,
    textColumn('VolumeMode', ({ spec }) => spec?.volumeMode ?? '<unset>', 1),
  ],
};

/** When the phase last changed, unless the writer says it himself. */
function noteTransition(volume: PersistentVolume, old: PersistentVolume, { nowMs }: RequestContext): void {
  const said = volume.status?.lastPhaseTransitionTime;
  if (!volume.status || volume.status.phase === old.status?.phase) return;
  if (said !== undefined && said !== old.status?.lastPhaseTransitionTime) return;
  volume.status = { ...volume.status, lastPhaseTransitionTime: rfc3339(nowMs) };
}

const oldSources: readonly (readonly [source: keyof PersistentVolumeSpec, called: string, fate: string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

function warnings({ spec }: PersistentVolume): string[] {
  return [
    ...(spec?.persistentVolumeReclaimPolicy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []),
    ...oldSources.filter(([source]) => spec?.[source]).map(([, called, fate]) => `spec.${called}: ${fate}`),
  ];
}

const reclaimPolicies = ['Delete', 'Recycle', 'Retain'];

function validateVolume(volume: PersistentVolume): FieldError[] {
  const errors: FieldError[] = [];
  const spec = volume.spec as PersistentVolumeSpec;
  const { accessModes = [], persistentVolumeReclaimPolicy: reclaim, volumeMode, storageClassName } = spec;
  if (accessModes.length === 0) errors.push(required('spec.accessModes'));
  inspectAccessModes(accessModes, 'spec.accessModes', errors);
  inspectCapacity(spec.capacity, 'spec.capacity', errors);
  if (reclaim && !reclaimPolicies.includes(reclaim)) {
    errors.push(notSupported('spec.persistentVolumeReclaimPolicy', reclaim, reclaimPolicies));
  }
  inspectAffinity(spec.nodeAffinity, errors);
  inspectSource(spec, volume.metadata?.name ?? '', errors);
  if (reclaim === 'Recycle' && isRoot(spec.hostPath?.path)) {
    const problem = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(forbidden('spec.persistentVolumeReclaimPolicy', problem));
  }
  if (storageClassName) {
    addProblems(errors, 'spec.storageClassName', storageClassName, nameIsDnsSubdomain(storageClassName));
  }
  if (volumeMode !== undefined && !volumeModes.includes(volumeMode)) {
    errors.push(notSupported('spec.volumeMode', volumeMode, volumeModes));
  }
  inspectAttributesClass(spec, errors);
  return errors;
}

const isRoot = (path: string | undefined): boolean => path !== undefined && /^\/[/.]*$/.test(path);

function inspectCapacity(capacity: Record<string, string> | undefined, path: FieldPath, errors: FieldError[]): void {
  const entries = Object.entries(capacity ?? {});
  if (entries.length === 0) errors.push(required(path));
  if (entries.length !== 1 || capacity?.['storage'] === undefined) {
    errors.push(notSupportedShown(path, JSON.stringify(capacity ?? null), ['storage']));
  }
  for (const [resource, amount] of entries) {
    const at = `${path}[${resource}]`;
    const quantity = parseQuantity(amount);
    if (quantity.sign < 0) errors.push(invalid(at, quantity.units, 'must be a valid resource quantity'));
    if (quantity.sign <= 0) errors.push(invalid(at, amount, aboveZero));
  }
}

function inspectAffinity(affinity: VolumeNodeAffinity | undefined, errors: FieldError[]): void {
  if (!affinity) return;
  const path = 'spec.nodeAffinity.required';
  if (!affinity.required) errors.push(required(path, 'must specify required node constraints'));
  else inspectNodeSelector(affinity.required, path, errors);
}

function inspectAttributesClass(spec: PersistentVolumeSpec, errors: FieldError[]): void {
  const name = spec.volumeAttributesClassName;
  if (name === undefined) return;
  const path = 'spec.volumeAttributesClassName';
  if (name === '') errors.push(required(path, 'an empty string is disallowed'));
  else addProblems(errors, path, name, nameIsDnsSubdomain(name));
  if (!spec.csi) errors.push(required('spec.csi', 'has to be specified when using volumeAttributesClassName'));
}

function inspectSource(spec: PersistentVolumeSpec, name: string, errors: FieldError[]): void {
  let count = 0;
  for (const [kind, inspect] of Object.entries(sources)) {
    const source = (spec as AnyJson)[kind];
    if (!source) continue;
    const path = `spec.${kind}`;
    if (count++ > 0) errors.push(forbidden(path, 'may not specify more than 1 volume type'));
    else {
      inspect(source, path, errors);
      if (kind === 'local' && !spec.nodeAffinity) {
        errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'));
      }
    }
  }
  if (count === 0) errors.push(required('spec', 'must specify a volume type'));
  const { iscsi: disk } = spec;
  if (disk?.initiatorName !== undefined && `${name}:${disk.targetPortal}`.length > 64) {
    errors.push(invalid('spec.iscsi.targetportal', disk.targetPortal, targetPortalProblem));
  }
}

/** A secret of a namespace that the volume itself names. */
function inspectSecret(secret: AnyJson, path: FieldPath, errors: FieldError[]): void {
  if (!secret) return;
  const { name = '', namespace = '' } = secret;
  if (name === '') errors.push(required(`${path}.name`));
  else addProblems(errors, `${path}.name`, name, checkDns1123Subdomain(name));
  if (namespace === '') errors.push(required(`${path}.namespace`));
  else addProblems(errors, `${path}.namespace`, namespace, checkDns1123Label(namespace));
}

const withSecret: InspectSource = (source, path, errors) => {
  if (!source.secretRef) return;
  requires('name', 'namespace')(source.secretRef, `${path}.secretRef`, errors);
};

const csiSecrets = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const;

/** In upstream's order. */
const sources: Readonly<Record<string, InspectSource>> = {
  hostPath: commonSources['hostPath'] as InspectSource,
  gcePersistentDisk: commonSources['gcePersistentDisk'] as InspectSource,
  awsElasticBlockStore: commonSources['awsElasticBlockStore'] as InspectSource,
  glusterfs: (source, path, errors) => {
    requires('endpoints', 'path')(source, path, errors);
    const { endpointsNamespace: namespace } = source;
    if (namespace !== undefined)
      addProblems(errors, `${path}.endpointsNamespace`, namespace, checkDns1123Label(namespace));
  },
  flocker: commonSources['flocker'] as InspectSource,
  nfs: commonSources['nfs'] as InspectSource,
  rbd: commonSources['rbd'] as InspectSource,
  quobyte: commonSources['quobyte'] as InspectSource,
  cephfs: commonSources['cephfs'] as InspectSource,
  iscsi: iscsi('must be valid format', requires('name')),
  cinder: allOf(requires('volumeID'), withSecret),
  fc: commonSources['fc'] as InspectSource,
  flexVolume: commonSources['flexVolume'] as InspectSource,
  azureFile: (source, path, errors) => {
    requires('secretName', 'shareName')(source, path, errors);
    if (source.secretNamespace === '') errors.push(required(`${path}.secretNamespace`));
  },
  vsphereVolume: commonSources['vsphereVolume'] as InspectSource,
  photonPersistentDisk: commonSources['photonPersistentDisk'] as InspectSource,
  portworxVolume: commonSources['portworxVolume'] as InspectSource,
  azureDisk: commonSources['azureDisk'] as InspectSource,
  scaleIO: commonSources['scaleIO'] as InspectSource,
  local: (source, path, errors) => {
    requires('path')(source, path, errors);
    if (source.path) inspectNoBacksteps(source.path, `${path}.path`, errors);
  },
  storageos: allOf(storageOs, withSecret),
  csi: (source, path, errors) => {
    inspectDriverName(source.driver, `${path}.driver`, errors);
    requires('volumeHandle')(source, path, errors);
    for (const name of csiSecrets) inspectSecret(source[name], `${path}.${name}`, errors);
  },
};

/** The source alone, as Go has it: a struct of its own. */
const PersistentVolumeSource = struct(
  'io.k8s.api.core.v1.PersistentVolumeSource',
  Object.fromEntries(persistentVolumeSources.map(name => [name, PersistentVolumeSpec.fields[name]])),
);

const sourceOf = (spec: AnyJson): AnyJson =>
  Object.fromEntries(Object.keys(PersistentVolumeSource.fields).map(name => [name, spec[name]]));

function validateUpdate(volume: PersistentVolume, old: PersistentVolume): FieldError[] {
  const errors = validateVolume(volume);
  errors.push(...validateVolume(volume));
  const spec = volume.spec as PersistentVolumeSpec;
  const before = old.spec as PersistentVolumeSpec;
  const source = sourceOf(spec);
  const sourceBefore = sourceOf(before);
  // A driver that learns to grow volumes later may need a secret for it.
  if (sourceBefore.csi && source.csi) {
    for (const name of ['controllerExpandSecretRef', 'nodeExpandSecretRef']) {
      if (sourceBefore.csi[name] === undefined && source.csi[name] !== undefined) {
        sourceBefore.csi = { ...sourceBefore.csi, [name]: source.csi[name] };
      }
    }
  }
  if (!isDeepStrictEqual(source, sourceBefore)) {
    const diff = internalDiff(PersistentVolumeSource, sourceBefore, source);
    errors.push(
      forbidden('spec.persistentvolumesource', `spec.persistentvolumesource is immutable after creation\n${diff}`),
    );
  }
  if (spec.volumeMode !== before.volumeMode) errors.push(invalid('volumeMode', spec.volumeMode, immutable));
  const affinity = renewed(before.nodeAffinity, spec.nodeAffinity);
  if (affinity && !isDeepStrictEqual(spec.nodeAffinity, affinity)) {
    const shown = internalJson(VolumeNodeAffinity, spec.nodeAffinity);
    errors.push(invalidShown('nodeAffinity', shown, 'field is immutable, except for updating from beta label to GA'));
  }
  inspectAttributesClassUpdate(spec, before, errors);
  return errors;
}

/** Labels of nodes that have a successor. */
const successors: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
};

/** What stood there, with the keys that may be renewed renewed as the new one has them (upstream also lets a key go). */
function renewed(
  before: VolumeNodeAffinity | undefined,
  now: VolumeNodeAffinity | undefined,
): VolumeNodeAffinity | undefined {
  const out = structuredClone(before);
  out?.required?.nodeSelectorTerms?.forEach((term, i) => {
    for (const kind of ['matchExpressions', 'matchFields'] as const) {
      (term[kind] ?? []).forEach((requirement, j) => {
        const key = now?.required?.nodeSelectorTerms?.[i]?.[kind]?.[j]?.key;
        if (key === (successors[requirement.key] ?? '')) requirement.key = key;
      });
    }
  });
  return out;
}

function inspectAttributesClassUpdate(
  spec: PersistentVolumeSpec,
  before: PersistentVolumeSpec,
  errors: FieldError[],
): void {
  const now = spec.volumeAttributesClassName;
  const then = before.volumeAttributesClassName;
  if (now === then || !then) return;
  const path = 'spec.volumeAttributesClassName';
  if (now === undefined) errors.push(forbidden(path, 'update from non-nil value to nil is forbidden'));
  else if (now === '') errors.push(forbidden(path, 'update from non-nil value to an empty string is forbidden'));
}
