/**
 * What a machine needs to run real containers: Linux, root, a few programs, a few things of the kernel. Where something
 * is missing, either we install it, saying so first, or we name the one command that does.
 */

import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from '#lib/process.ts';

/** The machine as far as we look at it. */
export interface Machine {
  platform: string;
  /** 0 is root; undefined where there are no such numbers. */
  userId: number | undefined;
  /** Whether a program is on the path, or a file is there when it has a slash. */
  has: (program: string) => boolean;
  read: (path: string) => string;
}

export interface Prerequisite {
  name: string;
  ok: boolean;
  /** For a person: what was looked at, or what to do. */
  detail: string;
  /** Debian's package that brings it. */
  debianPackage?: string | undefined;
}

const programs: readonly { program: string; name: string; debianPackage: string }[] = [
  { program: 'containerd', name: 'containerd', debianPackage: 'containerd' },
  { program: 'ctr', name: "containerd's ctr", debianPackage: 'containerd' },
  { program: 'runc', name: 'runc', debianPackage: 'runc' },
  { program: '/usr/lib/cni/ptp', name: 'CNI plugins', debianPackage: 'containernetworking-plugins' },
  { program: 'nft', name: 'nftables', debianPackage: 'nftables' },
  // portmap, which serves hostPort, writes its rules with it.
  { program: 'iptables', name: 'iptables', debianPackage: 'iptables' },
  // The proxy ends flows of datagrams with it when their endpoint is gone.
  { program: 'conntrack', name: 'conntrack', debianPackage: 'conntrack' },
  { program: 'ip', name: 'iproute2', debianPackage: 'iproute2' },
  { program: 'nsenter', name: 'nsenter', debianPackage: 'util-linux' },
  { program: '/usr/bin/catatonit', name: 'catatonit', debianPackage: 'catatonit' },
];

/** Administrators' programs are not on everybody's path. */
const programFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export function thisMachine(): Machine {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...programFolders];
  return {
    platform: process.platform,
    userId: process.getuid?.(),
    has: program => (program.includes('/') ? existsSync(program) : folders.some(at => existsSync(join(at, program)))),
    read: path => {
      try {
        return readFileSync(path, 'latin1');
      } catch {
        return '';
      }
    },
  };
}

/** Why nodes here can only be simulated, whatever is installed; undefined when they can be real. */
export function onlySimulatedBecause(machine: Machine): string | undefined {
  if (machine.platform !== 'linux') return `real containers need Linux, and this is ${machine.platform}`;
  if (machine.userId !== 0) return 'real containers need root: run the same command with sudo';
  return undefined;
}

export function checkPrerequisites(machine: Machine): Prerequisite[] {
  const reason = onlySimulatedBecause(machine);
  const filesystems = machine.read('/proc/filesystems');
  const mounts = machine.read('/proc/self/mounts');
  const kernel = (name: string, ok: boolean, missing: string): Prerequisite => ({
    name,
    ok,
    detail: ok ? 'there' : missing,
  });
  return [
    { name: 'Linux and root', ok: reason === undefined, detail: reason ?? 'yes' },
    ...programs.map(({ program, name, debianPackage }) => {
      const ok = machine.has(program);
      return { name, ok, detail: ok ? 'installed' : `install the package ${debianPackage}`, debianPackage };
    }),
    kernel('overlay filesystem', /\boverlay$/m.test(filesystems), 'load it: modprobe overlay'),
    kernel('cgroups', /^\S+ \S+ cgroup2? /m.test(mounts), 'mount them: mount -t cgroup2 none /sys/fs/cgroup'),
    kernel('network namespaces', machine.has('/proc/self/ns/net'), 'the kernel is built without CONFIG_NET_NS'),
  ];
}

/** Debian's packages that bring what is missing, each once. */
export function missingPackages(prerequisites: readonly Prerequisite[]): string[] {
  const missing = prerequisites.filter(({ ok, debianPackage }) => !ok && debianPackage !== undefined);
  return [...new Set(missing.map(({ debianPackage }) => debianPackage ?? ''))];
}

export function installCommand(packages: readonly string[]): string[] {
  return ['apt-get', 'install', '--yes', '--no-install-recommends', ...packages];
}

/**
 * Installs what is missing. The service that Debian starts with its containerd is stopped again if it was not there
 * before: ours is apart from it, and nobody has asked for that one.
 */
export async function installPackages(packages: readonly string[], say: (line: string) => void): Promise<void> {
  const machine = thisMachine();
  const command = installCommand(packages);
  if (!machine.has('apt-get')) {
    throw new Error(`missing on this machine: ${packages.join(', ')} (Debian's names); install them and try again`);
  }
  if (machine.userId !== 0) throw new Error(`missing on this machine: run sudo ${command.join(' ')}`);
  say(`Installing from Debian: ${packages.join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run(['apt-get', 'update'], { env });
  await run(command, { env });
  if (packages.includes('containerd') && machine.has('systemctl')) {
    say("Stopping the containerd service that came with it; proa's own runs apart from it");
    // Fails where systemd does not run; then nothing was started either.
    await run(['systemctl', 'disable', '--now', 'containerd.service']).catch(() => undefined);
  }
}
