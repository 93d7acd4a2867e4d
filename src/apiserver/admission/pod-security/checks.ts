/**
 * The Pod security standards, one check each: what upstream allows at which level, since which version, and how it words the
 * refusal (k8s.io/pod-security-admission/policy).
 */

import { podContainers } from '#apiserver/admission/pod-containers.ts';
import type { Level, LevelVersion } from '#apiserver/admission/pod-security/policy.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { quote, quoteList } from '#machinery/validation/field-error.ts';

export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

interface Subject {
  readonly spec: AnyJson;
  readonly annotations: Readonly<Record<string, string>>;
  /** Of every kind; init containers first. */
  readonly containers: readonly AnyJson[];
  readonly minor: number;
}

interface Check {
  /** Checks run in the order of their ids, those of baseline first. */
  readonly id: string;
  readonly level: Exclude<Level, 'privileged'>;
  readonly sinceMinor: number;
  /** Baseline checks that a restricted one takes the place of. */
  readonly overrides?: readonly string[];
  find(subject: Subject): Violation | undefined;
}

export function violationsOf(pod: { metadata?: AnyJson; spec: AnyJson }, { level, minor }: LevelVersion): Violation[] {
  if (level === 'privileged') return [];
  const containers = podContainers(pod.spec).map(each => each.container);
  const subject: Subject = { spec: pod.spec, annotations: pod.metadata?.annotations ?? {}, containers, minor };
  return checksFor(level, minor).flatMap(check => check.find(subject) ?? []);
}

function checksFor(level: Level, minor: number): readonly Check[] {
  const active = checks.filter(
    check => minor >= check.sinceMinor && (level === 'restricted' || check.level === 'baseline'),
  );
  const overridden = new Set(active.flatMap(check => check.overrides ?? []));
  return active.filter(check => !overridden.has(check.id));
}

const plural = (count: number, one: string, many = `${one}s`) => (count === 1 ? one : many);
const joined = (values: readonly string[]) => values.map(quote).join(', ');
const distinct = (values: Iterable<string>) => [...new Set(values)].sort();
const named = (containers: readonly AnyJson[]) =>
  `${plural(containers.length, 'container')} ${joined(containers.map(each => each.name))}`;

/** `pod and containers "a", "b"`. */
function setters(pod: boolean, containers: readonly AnyJson[]): string {
  return [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [named(containers)] : [])].join(' and ');
}

/** With user namespaces, root in the Pod is nobody on the node. */
const hasOwnUsers = (spec: AnyJson) => spec.hostUsers === false;
/** Since 1.25 what only means something on Linux is not asked of Windows. */
const isExemptWindows = ({ spec, minor }: Subject) => minor >= 25 && spec.os?.name === 'windows';

const capabilitiesBaseline = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);

/** By the version that first allowed them. */
const safeSysctls: readonly (readonly [sinceMinor: number, names: readonly string[]])[] = [
  [
    0,
    [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_unprivileged_port_start',
    ],
  ],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [
    29,
    [
      'net.ipv4.tcp_keepalive_time',
      'net.ipv4.tcp_fin_timeout',
      'net.ipv4.tcp_keepalive_intvl',
      'net.ipv4.tcp_keepalive_probes',
    ],
  ],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
];

const plainVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

const goodSeccomp = (type: string) => type === 'RuntimeDefault' || type === 'Localhost';

/** Profiles that are set to something that is not allowed. */
function badSeccomp({ spec, containers }: Subject): Violation | undefined {
  const podType = spec.securityContext?.seccompProfile?.type;
  const badPod = podType !== undefined && !goodSeccomp(podType);
  const bad = containers.filter(({ securityContext }) => {
    const type = securityContext?.seccompProfile?.type;
    return type !== undefined && !goodSeccomp(type);
  });
  if (!badPod && bad.length === 0) return undefined;
  const values = distinct([...(badPod ? [podType] : []), ...bad.map(each => each.securityContext.seccompProfile.type)]);
  const detail = `${setters(badPod, bad)} must not set securityContext.seccompProfile.type to ${joined(values)}`;
  return { reason: 'seccompProfile', detail };
}

/** `seccomp.security.alpha.kubernetes.io/pod`, from before there was a field. */
function badSeccompAnnotations({ annotations, containers }: Subject): Violation | undefined {
  const keys = [
    'seccomp.security.alpha.kubernetes.io/pod',
    ...containers.map(each => `container.seccomp.security.alpha.kubernetes.io/${each.name}`),
  ];
  const good = (value: string) =>
    value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
  const bad = distinct(
    keys.flatMap(name => {
      const value = annotations[name];
      return value === undefined || good(value) ? [] : [`${name}=${quote(value)}`];
    }),
  );
  if (bad.length === 0) return undefined;
  return { reason: 'seccompProfile', detail: `forbidden ${plural(bad.length, 'annotation')} ${bad.join(', ')}` };
}

const checks: readonly Check[] = [
  {
    id: 'appArmorProfile',
    level: 'baseline',
    sinceMinor: 0,
    find({ spec, annotations, containers }) {
      const isBad = (context: AnyJson) => context?.appArmorProfile?.type === 'Unconfined';
      const bad = containers.filter(each => isBad(each.securityContext));
      const notes = Object.entries(annotations)
        .filter(
          ([name, value]) => name.startsWith(appArmorPrefix) && !/^(|runtime\/default|localhost\/.*)$/s.test(value),
        )
        .map(([name, value]) => `${name}=${quote(value)}`)
        .sort();
      const who = [
        setters(isBad(spec.securityContext), bad),
        ...(notes.length > 0 ? [plural(notes.length, 'annotation')] : []),
      ]
        .filter(each => each !== '')
        .join(' and ');
      if (who === '') return undefined;
      const values = [...(isBad(spec.securityContext) || bad.length > 0 ? ['Unconfined'] : []), ...notes];
      const reason = plural(values.length, 'forbidden AppArmor profile');
      return { reason, detail: `${who} must not set AppArmor profile type to ${joined(values)}` };
    },
  },
  {
    id: 'capabilities_baseline',
    level: 'baseline',
    sinceMinor: 0,
    find({ containers }) {
      const added = (each: AnyJson): string[] =>
        (each.securityContext?.capabilities?.add ?? []).filter((name: string) => !capabilitiesBaseline.has(name));
      const bad = containers.filter(each => added(each).length > 0);
      if (bad.length === 0) return undefined;
      const values = joined(distinct(bad.flatMap(added)));
      const detail = `${named(bad)} must not include ${values} in securityContext.capabilities.add`;
      return { reason: 'non-default capabilities', detail };
    },
  },
  {
    id: 'hostNamespaces',
    level: 'baseline',
    sinceMinor: 0,
    find({ spec }) {
      const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter(field => spec[field]).map(field => `${field}=true`);
      return shared.length === 0 ? undefined : { reason: 'host namespaces', detail: shared.join(', ') };
    },
  },
  {
    id: 'hostPathVolumes',
    level: 'baseline',
    sinceMinor: 0,
    find({ spec }) {
      const bad = (spec.volumes ?? []).filter((volume: AnyJson) => volume.hostPath != null);
      if (bad.length === 0) return undefined;
      const detail = `${plural(bad.length, 'volume')} ${joined(bad.map((volume: AnyJson) => volume.name))}`;
      return { reason: 'hostPath volumes', detail };
    },
  },
  {
    id: 'hostPorts',
    level: 'baseline',
    sinceMinor: 0,
    find({ containers }) {
      const portsOf = (each: AnyJson): string[] =>
        (each.ports ?? []).filter((port: AnyJson) => port.hostPort).map((port: AnyJson) => String(port.hostPort));
      const bad = containers.filter(each => portsOf(each).length > 0);
      if (bad.length === 0) return undefined;
      const ports = distinct(bad.flatMap(portsOf));
      const detail = `${named(bad)} ${plural(bad.length, 'uses', 'use')} ${plural(ports.length, 'hostPort')} ${ports.join(', ')}`;
      return { reason: 'hostPort', detail };
    },
  },
  {
    id: 'hostProbesAndHostLifecycle',
    level: 'baseline',
    sinceMinor: 34,
    find({ containers }) {
      const hostsOf = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: AnyJson): string[] =>
        [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
          .flatMap(handler => [handler?.httpGet?.host, handler?.tcpSocket?.host])
          .filter(Boolean);
      const bad = containers.filter(each => hostsOf(each).length > 0);
      if (bad.length === 0) return undefined;
      const hosts = distinct(bad.flatMap(hostsOf));
      const what = plural(hosts.length, 'probe or lifecycle host');
      const detail = `${named(bad)} ${plural(bad.length, 'uses', 'use')} ${what} ${joined(hosts)}`;
      return { reason: 'probe or lifecycle host', detail };
    },
  },
  {
    id: 'privileged',
    level: 'baseline',
    sinceMinor: 0,
    find({ containers }) {
      const bad = containers.filter(each => each.securityContext?.privileged);
      if (bad.length === 0) return undefined;
      return { reason: 'privileged', detail: `${named(bad)} must not set securityContext.privileged=true` };
    },
  },
  {
    id: 'procMount',
    level: 'baseline',
    sinceMinor: 0,
    find({ spec, containers }) {
      const bad = containers.filter(({ securityContext }) => (securityContext?.procMount ?? 'Default') !== 'Default');
      if (bad.length === 0 || hasOwnUsers(spec)) return undefined;
      const values = joined(distinct(bad.map(each => each.securityContext.procMount)));
      return { reason: 'procMount', detail: `${named(bad)} must not set securityContext.procMount to ${values}` };
    },
  },
  {
    id: 'seLinuxOptions',
    level: 'baseline',
    sinceMinor: 0,
    find({ spec, containers, minor }) {
      const types = [
        '',
        'container_t',
        'container_init_t',
        'container_kvm_t',
        ...(minor >= 31 ? ['container_engine_t'] : []),
      ];
      const optionsOf = (each: AnyJson) => each.securityContext?.seLinuxOptions;
      const isBad = (each: AnyJson) => {
        const { type = '', user, role } = optionsOf(each) ?? {};
        return !types.includes(type) || Boolean(user) || Boolean(role);
      };
      const bad = containers.filter(isBad);
      const all = [...(isBad(spec) ? [spec] : []), ...bad].map(optionsOf);
      if (all.length === 0) return undefined;
      const badTypes = distinct(all.map(each => each.type ?? '').filter(type => !types.includes(type)));
      const data = [
        ...(badTypes.length > 0 ? [`${plural(badTypes.length, 'type')} ${joined(badTypes)}`] : []),
        ...(all.some(each => each.user) ? ['user may not be set'] : []),
        ...(all.some(each => each.role) ? ['role may not be set'] : []),
      ];
      const detail = `${setters(isBad(spec), bad)} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`;
      return { reason: 'seLinuxOptions', detail };
    },
  },
  {
    id: 'seccompProfile_baseline',
    level: 'baseline',
    sinceMinor: 0,
    find: subject => (subject.minor >= 19 ? badSeccomp(subject) : badSeccompAnnotations(subject)),
  },
  {
    id: 'sysctls',
    level: 'baseline',
    sinceMinor: 0,
    find({ spec, minor }) {
      const safe = safeSysctls.flatMap(([since, list]) => (minor >= since ? list : []));
      const names: string[] = (spec.securityContext?.sysctls ?? []).map((each: AnyJson) => each.name);
      const bad = names.filter(name => !safe.includes(name));
      return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
    },
  },
  {
    id: 'windowsHostProcess',
    level: 'baseline',
    sinceMinor: 0,
    find({ spec, containers }) {
      const isBad = (context: AnyJson) => context?.windowsOptions?.hostProcess === true;
      const bad = containers.filter(each => isBad(each.securityContext));
      if (!isBad(spec.securityContext) && bad.length === 0) return undefined;
      const who = setters(isBad(spec.securityContext), bad);
      return { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
    },
  },
  {
    id: 'allowPrivilegeEscalation',
    level: 'restricted',
    sinceMinor: 8,
    find(subject) {
      const bad = subject.containers.filter(each => each.securityContext?.allowPrivilegeEscalation !== false);
      if (bad.length === 0 || isExemptWindows(subject)) return undefined;
      const detail = `${named(bad)} must set securityContext.allowPrivilegeEscalation=false`;
      return { reason: 'allowPrivilegeEscalation != false', detail };
    },
  },
  {
    id: 'capabilities_restricted',
    level: 'restricted',
    sinceMinor: 22,
    overrides: ['capabilities_baseline'],
    find(subject) {
      if (isExemptWindows(subject)) return undefined;
      const of = (each: AnyJson, field: 'add' | 'drop'): string[] => each.securityContext?.capabilities?.[field] ?? [];
      const keeping = subject.containers.filter(each => !of(each, 'drop').includes('ALL'));
      const forbidden = (each: AnyJson) => of(each, 'add').filter(name => name !== 'NET_BIND_SERVICE');
      const adding = subject.containers.filter(each => forbidden(each).length > 0);
      const values = joined(distinct(adding.flatMap(forbidden)));
      const details = [
        ...(keeping.length > 0
          ? [`${named(keeping)} must set securityContext.capabilities.drop=${quoteList(['ALL'])}`]
          : []),
        ...(adding.length > 0
          ? [`${named(adding)} must not include ${values} in securityContext.capabilities.add`]
          : []),
      ];
      return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
    },
  },
  {
    id: 'restrictedVolumes',
    level: 'restricted',
    sinceMinor: 0,
    overrides: ['hostPathVolumes'],
    find({ spec }) {
      const typeOf = (volume: AnyJson) =>
        Object.keys(volume).find(name => name !== 'name' && volume[name] != null) ?? 'unknown';
      const bad: AnyJson[] = (spec.volumes ?? []).filter((volume: AnyJson) => !plainVolumes.includes(typeOf(volume)));
      if (bad.length === 0) return undefined;
      const types = distinct(bad.map(typeOf));
      const who = `${plural(bad.length, 'volume')} ${joined(bad.map(volume => volume.name))}`;
      const what = `${plural(types.length, 'restricted volume type')} ${joined(types)}`;
      return { reason: 'restricted volume types', detail: `${who} ${plural(bad.length, 'uses', 'use')} ${what}` };
    },
  },
  {
    id: 'runAsNonRoot',
    level: 'restricted',
    sinceMinor: 0,
    find({ spec, containers }) {
      if (hasOwnUsers(spec)) return undefined;
      const pod = spec.securityContext?.runAsNonRoot;
      const said = (each: AnyJson) => each.securityContext?.runAsNonRoot;
      const explicit = containers.filter(each => said(each) === false);
      const reason = 'runAsNonRoot != true';
      if (pod === false || explicit.length > 0) {
        return {
          reason,
          detail: `${setters(pod === false, explicit)} must not set securityContext.runAsNonRoot=false`,
        };
      }
      const silent = pod === true ? [] : containers.filter(each => said(each) == null);
      if (silent.length === 0) return undefined;
      return { reason, detail: `pod or ${named(silent)} must set securityContext.runAsNonRoot=true` };
    },
  },
  {
    id: 'runAsUser',
    level: 'restricted',
    sinceMinor: 23,
    find({ spec, containers }) {
      const pod = spec.securityContext?.runAsUser === 0;
      const bad = containers.filter(each => each.securityContext?.runAsUser === 0);
      if ((!pod && bad.length === 0) || hasOwnUsers(spec)) return undefined;
      return { reason: 'runAsUser=0', detail: `${setters(pod, bad)} must not set runAsUser=0` };
    },
  },
  {
    id: 'seccompProfile_restricted',
    level: 'restricted',
    sinceMinor: 19,
    overrides: ['seccompProfile_baseline'],
    find(subject) {
      if (isExemptWindows(subject)) return undefined;
      const explicit = badSeccomp(subject);
      if (explicit !== undefined) return explicit;
      const isSet = (holder: AnyJson) => holder.securityContext?.seccompProfile != null;
      const silent = isSet(subject.spec) ? [] : subject.containers.filter(each => !isSet(each));
      if (silent.length === 0) return undefined;
      const wanted = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
      return { reason: 'seccompProfile', detail: `pod or ${named(silent)} ${wanted}` };
    },
  },
];
