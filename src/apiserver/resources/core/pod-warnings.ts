/** What is allowed in a Pod and probably a mistake. */

import type { Container, ContainerPort } from '#api/core/container.ts';
import type { Pod } from '#api/core/pod.ts';
import type { PodSpec, PodTemplateSpec } from '#api/core/pod-spec.ts';
import type { NodeSelectorTerm } from '#api/core/scheduling.ts';
import type { Volume } from '#api/core/volume.ts';
import { allContainers } from '#apiserver/resources/core/pod-system.ts';
import { appArmorPrefix } from '#apiserver/resources/core/pod-validation.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import { parseQuantity } from '#machinery/quantity.ts';
import { warningsForIp } from '#machinery/validation/addresses.ts';
import { quote } from '#machinery/validation/field-error.ts';
import type { FieldPath } from '#machinery/validation/field-path.ts';
import { checkDns1123Label } from '#machinery/validation/names.ts';

export function podWarnings(pod: Pod): string[] {
  return specWarnings(pod.spec as PodSpec, pod.metadata, '');
}

export function podTemplateWarnings(template: PodTemplateSpec | undefined, path: FieldPath): string[] {
  return template?.spec ? specWarnings(template.spec, template.metadata, `${path}.`) : [];
}

interface WithTemplate {
  readonly metadata?: ObjectMeta | undefined;
  readonly spec?: { readonly template?: PodTemplateSpec | undefined } | undefined;
}

/** Whoever changes what is wanted hears of all of its template again. */
export function updatedTemplateWarnings(object: WithTemplate, old: WithTemplate): string[] {
  if (object.metadata?.generation === old.metadata?.generation) return [];
  return podTemplateWarnings(object.spec?.template, 'spec.template');
}

/** Pods made of a kind carry its name: one that is no DNS label surprises. */
export function nameWarnings(name: string): string[] {
  const problems = checkDns1123Label(name);
  if (problems.length === 0) return [];
  const advice = 'which can result in surprising behavior; a DNS label is recommended';
  return [`metadata.name: this is used in Pod names and hostnames, ${advice}: [${problems.join(' ')}]`];
}

function specWarnings(spec: PodSpec, metadata: ObjectMeta | undefined, prefix: string): string[] {
  const path = `${prefix}spec`;
  return [
    ...labelWarnings(spec, path),
    ...annotationWarnings(metadata, `${prefix}metadata`),
    ...(spec.volumes ?? []).flatMap((volume, i) => oldVolumeWarnings(volume, `${path}.volumes[${i}]`)),
    ...(spec.volumes ?? []).flatMap(fileWarnings),
    ...duplicateAliases(spec, path),
    ...pullSecretWarnings(spec, path),
    ...allContainers(spec, path).flatMap(([container, at]) => containerWarnings(container, at)),
    ...fractionalWarnings(spec.overhead, `${path}.overhead`),
    ...(spec.terminationGracePeriodSeconds !== undefined && spec.terminationGracePeriodSeconds < 0
      ? [`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...affinityWarnings(spec, path),
    ...addressWarnings(spec, path),
  ];
}

/** Labels of nodes that have a successor. */
const nodeLabelSuccessors: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
]);

function termWarnings(term: NodeSelectorTerm, path: FieldPath): string[] {
  return (term.matchExpressions ?? []).flatMap(({ key }, i) =>
    nodeLabelSuccessors.has(key)
      ? [`${path}.matchExpressions[${i}].key: ${key} is ${nodeLabelSuccessors.get(key)}`]
      : [],
  );
}

function labelWarnings(spec: PodSpec, path: FieldPath): string[] {
  const affinity = spec.affinity?.nodeAffinity;
  const at = `${path}.affinity.nodeAffinity`;
  const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...Object.keys(spec.nodeSelector ?? {}).flatMap(key =>
      nodeLabelSuccessors.has(key) ? [`${path}.nodeSelector[${key}]: ${nodeLabelSuccessors.get(key)}`] : [],
    ),
    ...required.flatMap((term, i) =>
      termWarnings(term, `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`),
    ),
    ...preferred.flatMap(({ preference }, i) =>
      termWarnings(preference, `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`),
    ),
    ...(spec.topologySpreadConstraints ?? []).flatMap((constraint, i) => {
      const here = `${path}.topologySpreadConstraints[${i}]`;
      const successor = nodeLabelSuccessors.get(constraint.topologyKey);
      return [
        ...(successor ? [`${here}.topologyKey: ${constraint.topologyKey} is ${successor}`] : []),
        ...(constraint.labelSelector ? [] : [`${here}.labelSelector: ${matchesNothing}`]),
      ];
    }),
  ];
}

const matchesNothing = 'a null labelSelector results in matching no pod';

const oldAnnotations: readonly (readonly [key: string, advice: string])[] = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
];

function annotationWarnings(metadata: ObjectMeta | undefined, path: FieldPath): string[] {
  const annotations = metadata?.annotations ?? {};
  return [
    ...oldAnnotations
      .filter(([key]) => annotations[key] !== undefined)
      .map(([key, advice]) => `${path}.annotations[${key}]: ${advice}`),
    ...Object.keys(annotations)
      .filter(key => key.startsWith(appArmorPrefix))
      .map(key => `${path}.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`),
  ];
}

const oldVolumes: readonly (readonly [source: keyof Volume, called: string, fate: string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

function oldVolumeWarnings(volume: Volume, path: FieldPath): string[] {
  return oldVolumes.filter(([source]) => volume[source]).map(([, shown, fate]) => `${path}.${shown}: ${fate}`);
}

function fileWarnings(volume: Volume): string[] {
  const { name, configMap, secret, downwardAPI, projected } = volume;
  const keys = (items: readonly { path: string }[] | undefined): string[] => (items ?? []).map(item => item.path);
  const called = quote(name);
  return [
    ...(configMap
      ? overlaps(keys(configMap.items), `volume ${called} (ConfigMap ${quote(configMap.name ?? '')})`)
      : []),
    ...(secret ? overlaps(keys(secret.items), `volume ${called} (Secret ${quote(secret.secretName ?? '')})`) : []),
    ...(downwardAPI ? overlaps(keys(downwardAPI.items), `volume ${called} (DownwardAPI)`) : []),
    ...(projected ? projectedWarnings(projected.sources ?? [], called) : []),
  ];
}

/** Two files of one volume at the same place, or one where the other needs a folder. */
function overlaps(paths: readonly string[], owner: string): string[] {
  const out: string[] = [];
  paths.forEach((path, i) => {
    const earlier = paths.slice(0, i).filter(other => isSameOrBeneath(path, other) || isSameOrBeneath(other, path));
    if (earlier.length > 0)
      out.push(`${owner}: overlapping paths: ${quote(path)} with ${earlier.map(quote).join(', ')}`);
  });
  return out;
}

const trimmed = (path: string): string => path.replace(/\/+$/, '');
const isSameOrBeneath = (path: string, folder: string): boolean =>
  trimmed(path) === trimmed(folder) || path.startsWith(`${trimmed(folder)}/`);

interface ProjectedFile {
  readonly path: string;
  readonly source: string;
}

function projectedWarnings(
  sources: NonNullable<NonNullable<Volume['projected']>['sources']>,
  called: string,
): string[] {
  const out: string[] = [];
  const all: ProjectedFile[] = [];
  for (const source of sources) {
    const { files, shown } = filesOf(source);
    if (shown === undefined) {
      out.push(`volume ${called} (Projected) has no sources provided`);
      continue;
    }
    for (const file of files) {
      const clash = all.filter(({ path }) => isSameOrBeneath(file, path) || isSameOrBeneath(path, file));
      if (clash.length > 0) {
        const others = clash.map(({ path, source: other }) => `${quote(path)} (${other})`).join(', ');
        out.push(`volume ${called} (Projected ${shown}): overlapping paths: ${quote(file)} with ${others}`);
      }
    }
    all.push(...files.map(path => ({ path, source: shown })));
  }
  return out;
}

function filesOf(source: NonNullable<NonNullable<Volume['projected']>['sources']>[number]): {
  files: string[];
  shown: string | undefined;
} {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  if (configMap)
    return { files: (configMap.items ?? []).map(i => i.path), shown: `ConfigMap ${quote(configMap.name ?? '')}` };
  if (secret) return { files: (secret.items ?? []).map(i => i.path), shown: `Secret ${quote(secret.name ?? '')}` };
  if (downwardAPI) return { files: (downwardAPI.items ?? []).map(i => i.path), shown: 'DownwardAPI' };
  if (serviceAccountToken) return { files: [serviceAccountToken.path], shown: 'ServiceAccountToken' };
  if (clusterTrustBundle) return { files: [clusterTrustBundle.path], shown: 'ClusterTrustBundle' };
  if (podCertificate) return { files: [podCertificate.credentialBundlePath ?? ''], shown: 'PodCertificate' };
  return { files: [], shown: undefined };
}

function duplicateAliases(spec: PodSpec, path: FieldPath): string[] {
  const seen = new Set<string>();
  return (spec.hostAliases ?? []).flatMap(({ ip }, i) => {
    const isKnown = seen.has(ip);
    seen.add(ip);
    return isKnown ? [`${path}.hostAliases[${i}].ip: duplicate ip ${quote(ip)}`] : [];
  });
}

function pullSecretWarnings(spec: PodSpec, path: FieldPath): string[] {
  const seen = new Set<string>();
  return (spec.imagePullSecrets ?? []).flatMap(({ name = '' }, i) => {
    const at = `${path}.imagePullSecrets[${i}].name`;
    const isKnown = seen.has(name);
    seen.add(name);
    if (name === '') return [`${at}: invalid empty name ""`];
    return isKnown ? [`${at}: duplicate name ${quote(name)}`] : [];
  });
}

function containerWarnings(container: Pick<Container, 'env' | 'ports' | 'resources'>, path: FieldPath): string[] {
  return [
    ...fractionalWarnings(container.resources?.limits, `${path}.resources.limits`),
    ...fractionalWarnings(container.resources?.requests, `${path}.resources.requests`),
    ...envWarnings(container, path),
    ...portWarnings(container.ports ?? [], path),
  ];
}

/** A byte is the least there is. */
export function fractionalWarnings(amounts: Readonly<Record<string, string>> | undefined, path: FieldPath): string[] {
  return ['memory', 'ephemeral-storage', 'storage'].flatMap(resource => {
    const amount = amounts?.[resource];
    if (amount === undefined || parseQuantity(amount).milli % 1000 === 0) return [];
    return [`${path}[${resource}]: fractional byte value ${quote(amount)} is invalid, must be an integer`];
  });
}

/** Defining a variable again is meant when it refers to the one before. */
function envWarnings({ env = [] }: Pick<Container, 'env'>, path: FieldPath): string[] {
  const seen = new Set<string>();
  return env.flatMap(({ name, value = '' }, i) => {
    const isKnown = seen.has(name);
    seen.add(name);
    if (!isKnown || value.includes(`$(${name})`)) return [];
    return [`${path}.env[${i}]: hides previous definition of ${quote(name)}, which may be dropped when using apply`];
  });
}

function portWarnings(ports: readonly ContainerPort[], path: FieldPath): string[] {
  const warnings: string[] = [];
  const places = new Map<string, number>();
  for (const [i, { name = '', hostPort = 0, containerPort, protocol = '', hostIP = '' }] of ports.entries()) {
    const shown = `HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}`;
    const first = places.get(shown);
    if (hostIP !== '' && hostPort === 0)
      warnings.push(`${path}.ports[${i}]: hostIP set without hostPort: {Name:${name} ${shown}}`);
    if (first === undefined) places.set(shown, i);
    else warnings.push(`${path}.ports[${i}]: duplicate port definition with ${path}.ports[${first}]`);
  }
  return warnings;
}

function affinityWarnings(spec: PodSpec, path: FieldPath): string[] {
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap(kind => {
    const affinity = spec.affinity?.[kind];
    const at = `${path}.affinity.${kind}`;
    return [
      ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, i) =>
        term.labelSelector
          ? []
          : [`${at}.requiredDuringSchedulingIgnoredDuringExecution[${i}].labelSelector: ${matchesNothing}`],
      ),
      ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm }, i) =>
        podAffinityTerm.labelSelector
          ? []
          : [
              `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm.labelSelector: ${matchesNothing}`,
            ],
      ),
    ];
  });
}

function addressWarnings(spec: PodSpec, path: FieldPath): string[] {
  return [
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((ip, i) => warningsForIp(`${path}.dnsConfig.nameservers[${i}]`, ip)),
    ...(spec.hostAliases ?? []).flatMap(({ ip }, i) => warningsForIp(`${path}.hostAliases[${i}].ip`, ip)),
  ];
}
