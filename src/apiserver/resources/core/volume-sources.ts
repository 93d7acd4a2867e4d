/** The kinds of storage that Pods and PersistentVolumes share: their rules, as tables where the checks are of one shape. */

import type { Inspect } from '#apiserver/resources/messages.ts';
import { addProblems } from '#apiserver/resources/messages.ts';
import { quantityOf } from '#machinery/quantity.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { FieldError } from '#machinery/validation/field-error.ts';
import { forbidden, invalid, notSupported, required, tooLong } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkDns1123Label, checkDns1123Subdomain, rangeProblem } from '#machinery/validation/names.ts';

export type InspectSource = Inspect<AnyJson>;

/** Every field named must be there. */
export function requires(...names: readonly string[]): InspectSource {
  return (source, path, errors) => {
    for (const name of names) if (isEmpty(source[name])) errors.push(required(`${path}.${name}`));
  };
}

const isEmpty = (value: AnyJson): boolean =>
  value === undefined || value === null || value === '' || value.length === 0;

export function allOf(...inspections: readonly InspectSource[]): InspectSource {
  return (source, path, errors) => {
    for (const inspect of inspections) inspect(source, path, errors);
  };
}

/** A disk of a cloud is mounted whole (0) or by the number of a partition. */
function partition(source: AnyJson, path: FieldPath, errors: FieldError[]): void {
  const number = source.partition ?? 0;
  if (number < 0 || number > 255) errors.push(invalid(`${path}.partition`, number, rangeProblem(1, 255)));
}

export function inspectNoBacksteps(target: string, path: FieldPath, errors: FieldError[]): void {
  if (target.split('/').includes('..')) errors.push(invalid(path, target, "must not contain '..'"));
}

export function inspectDescendingPath(target: string, path: FieldPath, errors: FieldError[]): void {
  if (target.startsWith('/')) errors.push(invalid(path, target, 'must be a relative path'));
  inspectNoBacksteps(target, path, errors);
}

/** Names beginning with two dots are kept for the links by which a volume is swapped at once. */
export function inspectLocalPath(target: string, path: FieldPath, errors: FieldError[]): void {
  inspectDescendingPath(target, path, errors);
  if (target.startsWith('..') && !target.startsWith('../') && target !== '..') {
    errors.push(invalid(path, target, "must not start with '..'"));
  }
}

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

export function hostPath(source: AnyJson, path: FieldPath, errors: FieldError[]): void {
  if (!source.path) {
    errors.push(required(`${path}.path`));
    return;
  }
  inspectNoBacksteps(source.path, `${path}.path`, errors);
  if (source.type !== undefined && !hostPathTypes.includes(source.type)) {
    errors.push(notSupported(`${path}.type`, source.type, hostPathTypes));
  }
}

function nfs(source: AnyJson, path: FieldPath, errors: FieldError[]): void {
  requires('server', 'path')(source, path, errors);
  if (!source.path?.startsWith('/'))
    errors.push(invalid(`${path}.path`, source.path ?? '', 'must be an absolute path'));
}

const initiatorForms: readonly (readonly [prefix: string, form: RegExp])[] = [
  ['iqn', /iqn\.\d{4}-\d{2}\.([a-zA-Z0-9\-.]+)(:[^,;*&$|\s]+)$/],
  ['eui', /^eui.[a-zA-Z0-9]{16}$/],
  ['naa', /^naa.[a-zA-Z0-9]{32}$/],
];

/** A name of iSCSI: of a target (`iqn`) or of who connects to one (`initiatorName`). */
function inspectDiskName(name: string, path: FieldPath, errors: FieldError[], unknown: string): void {
  const form = initiatorForms.find(([prefix]) => name.startsWith(prefix));
  if (form === undefined) errors.push(invalid(path, name, unknown));
  else if (!form[1].test(name)) errors.push(invalid(path, name, 'must be valid format'));
}

/** What Pods and volumes say alike; `unknown` words a name of no known form, and they differ in what a secret needs. */
export function iscsi(unknown: string, inspectSecret: InspectSource): InspectSource {
  return (source, path, errors) => {
    if (!source.targetPortal) errors.push(required(`${path}.targetPortal`));
    if (!source.iqn) errors.push(required(`${path}.iqn`));
    else inspectDiskName(source.iqn, `${path}.iqn`, errors, unknown);
    if (source.lun < 0 || source.lun > 255) errors.push(invalid(`${path}.lun`, source.lun, rangeProblem(0, 255)));
    if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef) {
      errors.push(required(`${path}.secretRef`));
    }
    if (source.secretRef) inspectSecret(source.secretRef, `${path}.secretRef`, errors);
    if (source.initiatorName !== undefined) {
      inspectDiskName(source.initiatorName, `${path}.initiatorname`, errors, unknown);
    }
  };
}

function flocker(source: AnyJson, path: FieldPath, errors: FieldError[]): void {
  if (!source.datasetName && !source.datasetUUID) {
    errors.push(required(path, 'one of datasetName and datasetUUID is required'));
  }
  if (source.datasetName && source.datasetUUID) {
    errors.push(invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  }
  if (source.datasetName?.includes('/')) {
    errors.push(invalid(`${path}.datasetName`, source.datasetName, "must not contain '/'"));
  }
}

const quobyteRegistry = 'must be a host:port pair or multiple pairs separated by commas';

function quobyte(source: AnyJson, path: FieldPath, errors: FieldError[]): void {
  const registry = source.registry ?? '';
  if (registry === '') errors.push(required(`${path}.registry`, quobyteRegistry));
  else if (registry.length >= 65) errors.push(invalid(`${path}.registry`, registry, quobyteRegistry));
  else {
    for (const pair of registry.split(',')) {
      if (!/^(\[[^\]]*\]|[^:[\]]*):[^:]*$/.test(pair))
        errors.push(invalid(`${path}.registry`, registry, quobyteRegistry));
    }
  }
  if ((source.tenant ?? '').length >= 65) {
    errors.push(required(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'));
  }
  if (!source.volume) errors.push(required(`${path}.volume`));
}

function fc(source: AnyJson, path: FieldPath, errors: FieldError[]): void {
  const hasTargets = !isEmpty(source.targetWWNs);
  const hasIds = !isEmpty(source.wwids);
  if (!hasTargets && !hasIds) {
    errors.push(required(`${path}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'));
  }
  if (hasTargets && hasIds) {
    errors.push(
      invalid(`${path}.targetWWNs`, source.targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'),
    );
  }
  if (!hasTargets) return;
  if (source.lun === undefined) errors.push(required(`${path}.lun`, 'lun is required if targetWWNs is specified'));
  else if (source.lun < 0 || source.lun > 255) {
    errors.push(invalid(`${path}.lun`, source.lun, rangeProblem(0, 255)));
  }
}

function flexVolume(source: AnyJson, path: FieldPath, errors: FieldError[]): void {
  if (!source.driver) errors.push(required(`${path}.driver`));
  for (const option of Object.keys(source.options ?? {})) {
    const domain = `.${(option.split('/', 1)[0] as string).toLowerCase()}`;
    if (domain.endsWith('.kubernetes.io') || domain.endsWith('.k8s.io')) {
      errors.push(invalid(`${path}.options[${option}]`, option, 'kubernetes.io and k8s.io namespaces are reserved'));
    }
  }
}

const cachingModes = ['None', 'ReadOnly', 'ReadWrite'];
const azureDiskKinds = ['Dedicated', 'Managed', 'Shared'];
const managedDisks = [
  '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}',
];
const blobDisks = ['https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'];

function azureDisk(source: AnyJson, path: FieldPath, errors: FieldError[]): void {
  requires('diskName', 'diskURI')(source, path, errors);
  const { diskURI = '', cachingMode, kind } = source;
  if (cachingMode !== undefined && !cachingModes.includes(cachingMode)) {
    errors.push(notSupported(`${path}.cachingMode`, cachingMode, cachingModes));
  }
  if (kind !== undefined && !azureDiskKinds.includes(kind)) {
    errors.push(notSupported(`${path}.kind`, kind, azureDiskKinds));
  }
  if (kind === 'Managed' && !diskURI.startsWith('/subscriptions/')) {
    errors.push(notSupported(`${path}.diskURI`, diskURI, managedDisks));
  }
  if (kind !== undefined && kind !== 'Managed' && !diskURI.startsWith('https://')) {
    errors.push(notSupported(`${path}.diskURI`, diskURI, blobDisks));
  }
}

export function storageOs(source: AnyJson, path: FieldPath, errors: FieldError[]): void {
  const { volumeName, volumeNamespace } = source;
  if (!volumeName) errors.push(required(`${path}.volumeName`));
  else addProblems(errors, `${path}.volumeName`, volumeName, checkDns1123Label(volumeName));
  if (volumeNamespace)
    addProblems(errors, `${path}.volumeNamespace`, volumeNamespace, checkDns1123Label(volumeNamespace));
}

/** A CSI driver's name: any case, at most 63 bytes. */
export function inspectDriverName(name: string, path: FieldPath, errors: FieldError[]): void {
  if (name === '') errors.push(required(path));
  if (name.length > 63) errors.push(tooLong(path, 63));
  if (name !== '') addProblems(errors, path, name, checkDns1123Subdomain(name.toLowerCase()));
}

export function emptyDir(source: AnyJson, path: FieldPath, errors: FieldError[]): void {
  const limit = source.sizeLimit === undefined ? undefined : quantityOf(source.sizeLimit);
  if (limit && limit.sign < 0) {
    errors.push(forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
  }
}

/** The same in a Pod and in a PersistentVolume, by the field's name; `persistentDisk` is how errors call a GCE disk. */
export const commonSources: Readonly<Record<string, InspectSource>> = {
  gcePersistentDisk: (source, path, errors) =>
    allOf(requires('pdName'), partition)(source, path.replace(/gcePersistentDisk$/, 'persistentDisk'), errors),
  awsElasticBlockStore: allOf(requires('volumeID'), partition),
  hostPath,
  nfs,
  glusterfs: requires('endpoints', 'path'),
  flocker,
  rbd: requires('monitors', 'image'),
  cephfs: requires('monitors'),
  quobyte,
  fc,
  flexVolume,
  azureFile: requires('secretName', 'shareName'),
  vsphereVolume: requires('volumePath'),
  photonPersistentDisk: requires('pdID'),
  portworxVolume: requires('volumeID'),
  azureDisk,
  scaleIO: requires('gateway', 'system', 'volumeName'),
};
