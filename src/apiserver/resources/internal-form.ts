/**
 * An object as upstream's server holds it inside: Go's field names in Go's order, everything printed. Some of its messages
 * show a value so (`Invalid value: {"Type":"Bogus","RollingUpdate":null}`), or the difference of two.
 *
 * Names and order follow from the definition (`dnsPolicy` is `DNSPolicy`) but for the types listed here.
 */

import { unifiedDiff } from '#lib/unified-diff.ts';
import { canonical } from '#machinery/codec/decode.ts';
import type { AnyJson, Field, ListSchema, MapSchema, Schema, StructSchema } from '#machinery/schema.ts';
import { resolved, shortName } from '#machinery/schema.ts';

/** The value as JSON on one line. */
export function internalJson(schema: Schema, value: AnyJson): string {
  return goJson(internalForm(schema, value));
}

/** What changed between two values, as a unified diff of their indented JSON. */
export function internalDiff(schema: Schema, before: AnyJson, after: AnyJson): string {
  return unifiedDiff(goJson(internalForm(schema, before), 1), goJson(internalForm(schema, after), 1));
}

/** Go escapes what HTML would read. */
export function goJson(value: AnyJson, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(
    /[<>&\u2028\u2029]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The sources of a PersistentVolume, in Go's order. */
export const persistentVolumeSources = [
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'hostPath',
  'glusterfs',
  'nfs',
  'rbd',
  'quobyte',
  'iscsi',
  'flexVolume',
  'cinder',
  'cephfs',
  'fc',
  'flocker',
  'azureFile',
  'vsphereVolume',
  'azureDisk',
  'photonPersistentDisk',
  'portworxVolume',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const;

/** Fields of a PodSpec that stand in its security context inside. */
const hostFields = ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace', 'hostUsers'] as const;

function internalForm(schema: Schema, value: AnyJson): AnyJson {
  const target = resolved(schema);
  if (value === undefined || value === null) return null;
  if (target.kind === 'list') return value.map((item: AnyJson) => internalForm((target as ListSchema).items, item));
  if (target.kind === 'map') {
    const entries = Object.entries(value).map(([key, entry]) => [
      key,
      internalForm((target as MapSchema).values, entry),
    ]);
    return Object.fromEntries(entries);
  }
  if (target.kind !== 'struct') return value;
  const struct = target as StructSchema;
  if (struct.name.includes('.apimachinery.')) return canonical(struct, value);
  return shortName(struct) === 'PodSpec' ? internalPodSpec(struct, value) : internalStruct(struct, value);
}

function internalPodSpec(struct: StructSchema, spec: AnyJson): AnyJson {
  const out = internalStruct(struct, spec);
  const host = Object.fromEntries(
    hostFields.map(name => [goName('PodSpec', name), internalField(struct.fields[name] as Field, spec[name])]),
  );
  out.SecurityContext = {
    ...host,
    ...(out.SecurityContext ?? internalForm((struct.fields['securityContext'] as Field).schema, {})),
  };
  return out;
}

function internalStruct(struct: StructSchema, value: AnyJson): AnyJson {
  const type = shortName(struct);
  const out: Record<string, AnyJson> = {};
  for (const name of orders[type] ?? Object.keys(struct.fields)) {
    if (struct.gvk && (name === 'kind' || name === 'apiVersion')) continue;
    if (name === 'metadata') {
      Object.assign(out, value[name]); // Embedded: its fields stand beside the others.
      continue;
    }
    out[goName(type, name)] = internalField(struct.fields[name] as Field, value[name]);
  }
  return out;
}

function internalField(field: Field, value: AnyJson): AnyJson {
  if (value !== undefined && value !== null) return internalForm(field.schema, value);
  if (field.presence === 'optional' || field.nullable) return null;
  const schema = resolved(field.schema);
  switch (schema.kind) {
    case 'string':
    case 'bytes':
      return '';
    case 'boolean':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString':
      return 0;
    case 'quantity':
      return '0';
    case 'struct':
      return internalForm(schema, {});
    default:
      return null;
  }
}

function goName(type: string, name: string): string {
  const own = names[type]?.[name] ?? commonNames[name];
  if (own !== undefined) return own;
  return (name[0] as string).toUpperCase() + name.slice(1);
}

const commonNames: Readonly<Record<string, string>> = {
  apiGroup: 'APIGroup',
  apiGroups: 'APIGroups',
  apiVersion: 'APIVersion',
  apiVersions: 'APIVersions',
  awsElasticBlockStore: 'AWSElasticBlockStore',
  cel: 'CEL',
  cephfs: 'CephFS',
  csi: 'CSI',
  dnsConfig: 'DNSConfig',
  dnsPolicy: 'DNSPolicy',
  fc: 'FC',
  fsGroup: 'FSGroup',
  fsGroupChangePolicy: 'FSGroupChangePolicy',
  fsType: 'FSType',
  gcePersistentDisk: 'GCEPersistentDisk',
  gmsaCredentialSpec: 'GMSACredentialSpec',
  gmsaCredentialSpecName: 'GMSACredentialSpecName',
  grpc: 'GRPC',
  httpGet: 'HTTPGet',
  httpHeaders: 'HTTPHeaders',
  ip: 'IP',
  iqn: 'IQN',
  iscsi: 'ISCSI',
  nfs: 'NFS',
  os: 'OS',
  pdName: 'PDName',
  pdID: 'PdID',
  rbd: 'RBD',
  seLinuxChangePolicy: 'SELinuxChangePolicy',
  seLinuxOptions: 'SELinuxOptions',
  storageos: 'StorageOS',
  tcpSocket: 'TCPSocket',
  tty: 'TTY',
  uid: 'UID',
  wwids: 'WWIDs',
};

const blockDevice = {
  chapAuthDiscovery: 'DiscoveryCHAPAuth',
  chapAuthSession: 'SessionCHAPAuth',
  iscsiInterface: 'ISCSIInterface',
};
const cephImage = { monitors: 'CephMonitors', image: 'RBDImage', pool: 'RBDPool', user: 'RadosUser' };

const names: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AzureDiskVolumeSource: { diskURI: 'DataDiskURI' },
  GlusterfsVolumeSource: { endpoints: 'EndpointsName' },
  GlusterfsPersistentVolumeSource: { endpoints: 'EndpointsName' },
  ISCSIVolumeSource: blockDevice,
  ISCSIPersistentVolumeSource: blockDevice,
  RBDVolumeSource: cephImage,
  RBDPersistentVolumeSource: cephImage,
  DeviceAttribute: {
    int: 'IntValue',
    bool: 'BoolValue',
    string: 'StringValue',
    version: 'VersionValue',
    ints: 'IntValues',
    bools: 'BoolValues',
    strings: 'StringValues',
    versions: 'VersionValues',
  },
  CSINodeDriver: { nodeID: 'NodeID' },
  ServiceCIDRSpec: { cidrs: 'CIDRs' },
  ScaleIOVolumeSource: { sslEnabled: 'SSLEnabled' },
  ScaleIOPersistentVolumeSource: { sslEnabled: 'SSLEnabled' },
};

const mountOrder = ['name', 'readOnly', 'recursiveReadOnly', 'mountPath', 'subPath', 'mountPropagation', 'subPathExpr'];

const orders: Readonly<Record<string, readonly string[]>> = {
  Affinity: ['nodeAffinity', 'podAffinity', 'podAntiAffinity'],
  PodSpec: [
    'volumes',
    'initContainers',
    'containers',
    'ephemeralContainers',
    'restartPolicy',
    'terminationGracePeriodSeconds',
    'activeDeadlineSeconds',
    'dnsPolicy',
    'nodeSelector',
    'serviceAccountName',
    'automountServiceAccountToken',
    'nodeName',
    'securityContext',
    'imagePullSecrets',
    'hostname',
    'subdomain',
    'setHostnameAsFQDN',
    'affinity',
    'schedulerName',
    'tolerations',
    'hostAliases',
    'priorityClassName',
    'priority',
    'preemptionPolicy',
    'dnsConfig',
    'readinessGates',
    'runtimeClassName',
    'overhead',
    'enableServiceLinks',
    'topologySpreadConstraints',
    'os',
    'schedulingGates',
    'resourceClaims',
    'resources',
    'hostnameOverride',
    'schedulingGroup',
  ],
  PersistentVolumeSpec: [
    'capacity',
    ...persistentVolumeSources,
    'accessModes',
    'claimRef',
    'persistentVolumeReclaimPolicy',
    'storageClassName',
    'mountOptions',
    'volumeMode',
    'nodeAffinity',
    'volumeAttributesClassName',
  ],
  PodSecurityContext: [
    'seLinuxOptions',
    'windowsOptions',
    'runAsUser',
    'runAsGroup',
    'runAsNonRoot',
    'supplementalGroups',
    'supplementalGroupsPolicy',
    'fsGroup',
    'fsGroupChangePolicy',
    'sysctls',
    'seccompProfile',
    'appArmorProfile',
    'seLinuxChangePolicy',
  ],
  SecurityContext: [
    'capabilities',
    'privileged',
    'seLinuxOptions',
    'windowsOptions',
    'runAsUser',
    'runAsGroup',
    'runAsNonRoot',
    'readOnlyRootFilesystem',
    'allowPrivilegeEscalation',
    'procMount',
    'seccompProfile',
    'appArmorProfile',
  ],
  VolumeMount: mountOrder,
  Volume: [
    'name',
    'hostPath',
    'emptyDir',
    'gcePersistentDisk',
    'awsElasticBlockStore',
    'gitRepo',
    'secret',
    'nfs',
    'iscsi',
    'glusterfs',
    'persistentVolumeClaim',
    'rbd',
    'quobyte',
    'flexVolume',
    'cinder',
    'cephfs',
    'flocker',
    'downwardAPI',
    'fc',
    'azureFile',
    'configMap',
    'vsphereVolume',
    'azureDisk',
    'photonPersistentDisk',
    'projected',
    'portworxVolume',
    'scaleIO',
    'storageos',
    'csi',
    'ephemeral',
    'image',
  ],
};
