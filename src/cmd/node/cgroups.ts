/**
 * The cgroups of a node: `/proa-<cluster>/<node>` in every hierarchy of the machine, one (v2), several (v1) or both.
 * The runtime makes them as it needs them; we only take them away.
 */

import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

export function clusterCgroup(cluster: string): string {
  return `/proa-${cluster}`;
}

/** The parent of the node's `kubepods`. */
export function nodeCgroup(cluster: string, node: string): string {
  return `${clusterCgroup(cluster)}/${node}`;
}

/** Where the hierarchies are mounted. */
export function cgroupMounts(procMounts: string): string[] {
  const lines = procMounts.split('\n').map(line => line.split(' '));
  return lines.filter(([, , type]) => type === 'cgroup' || type === 'cgroup2').map(([, mount = '']) => mount);
}

/** Below `cgroup` in every hierarchy, the deepest first. */
function cgroupFolders(cgroup: string): string[] {
  const below = (folder: string): string[] => [
    ...readdirSync(folder, { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .flatMap(entry => below(join(folder, entry.name))),
    folder,
  ];
  const roots = cgroupMounts(readFileSync('/proc/self/mounts', 'latin1')).map(mount => join(mount, cgroup));
  return roots.filter(existsSync).flatMap(below);
}

/** The processes in it, in any hierarchy. */
export function cgroupProcesses(cgroup: string): number[] {
  const files = cgroupFolders(cgroup).map(folder => readFileSync(join(folder, 'cgroup.procs'), 'latin1'));
  return [...new Set(files.flatMap(text => text.split('\n').filter(Boolean).map(Number)))];
}

/** Removes it with everything below. What still holds a process stays, and is answered. */
export function removeCgroup(cgroup: string): string[] {
  return cgroupFolders(cgroup).filter(folder => {
    try {
      rmdirSync(folder);
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'ENOENT';
    }
  });
}
