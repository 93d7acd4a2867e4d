/**
 * The cgroups above the containers, as upstream lays them out:
 *
 * ```
 * <parent>/kubepods/pod<uid>               Guaranteed
 * <parent>/kubepods/burstable/pod<uid>
 * <parent>/kubepods/besteffort/pod<uid>
 * ```
 * on a machine with one hierarchy (v2) or with several (v1). The runtime makes the containers' own below them.
 */

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '#api/core/pod.ts';
import type { PodCgroups } from '#kubelet/cgroups.ts';
import { podKey } from '#kubelet/labels.ts';
import type { Machine } from '#kubelet/machine.ts';
import type { PodCgroup } from '#kubelet/resources.ts';
import { cpuPeriodUs, cpuShares, podCgroup, qosClassOf, roomFor } from '#kubelet/resources.ts';

const root = '/sys/fs/cgroup';
const controllersV2 = ['cpu', 'memory', 'pids', 'io', 'cpuset'];
const classes = ['burstable', 'besteffort'];

export class NodeCgroups implements PodCgroups {
  readonly #kubepods: string;
  readonly #v2: boolean;
  readonly #capacity: Pick<Machine, 'cpus' | 'memoryBytes'>;
  readonly #written = new Map<string, string>();

  /** `parent` is the node's own, so that many nodes of one machine keep apart. All Pods together get the capacity. */
  constructor(parent: string, capacity: Pick<Machine, 'cpus' | 'memoryBytes'>) {
    this.#kubepods = join('/', parent, 'kubepods');
    this.#capacity = capacity;
    this.#v2 = existsSync(join(root, 'cgroup.controllers'));
  }

  async start(): Promise<void> {
    for (const each of ['', ...classes]) await this.#make(join(this.#kubepods, each));
    const { cpus, memoryBytes } = this.#capacity;
    const whole = { cpuShares: cpuShares(cpus * 1000), cpuQuotaUs: undefined, memoryLimitBytes: memoryBytes };
    await this.#setCpu(this.#kubepods, whole);
    await this.#setMemory(this.#kubepods, whole);
    // What asked for nothing gets what is left over.
    await this.#setCpu(join(this.#kubepods, 'besteffort'), { cpuShares: 2, cpuQuotaUs: undefined });
  }

  async ensure(pod: Pod, before = pod): Promise<string> {
    const path = this.#pathOf(pod);
    const limits = roomFor(podCgroup(pod), podCgroup(before));
    const text = JSON.stringify(limits);
    if (this.#written.get(path) === text) return path;
    await this.#make(path);
    await this.#setCpu(path, limits);
    await this.#setMemory(path, limits);
    this.#written.set(path, text);
    return path;
  }

  async remove(uid: string): Promise<void> {
    for (const each of ['', ...classes]) {
      const path = join(this.#kubepods, each, `pod${uid}`);
      this.#written.delete(path);
      for (const hierarchy of await this.#allHierarchies()) await removeTree(join(hierarchy, path));
    }
  }

  async known(): Promise<string[]> {
    const uids = new Set<string>();
    for (const hierarchy of await this.#allHierarchies()) {
      for (const each of ['', ...classes]) {
        const names = await readdir(join(hierarchy, this.#kubepods, each)).catch(() => []);
        for (const name of names) if (name.startsWith('pod')) uids.add(name.slice('pod'.length));
      }
    }
    return [...uids];
  }

  #pathOf(pod: Pod): string {
    const qos = qosClassOf(pod);
    const below = qos === 'Guaranteed' ? '' : qos.toLowerCase();
    return join(this.#kubepods, below, `pod${podKey(pod).uid}`);
  }

  /** Where limits are set. */
  #hierarchies(): string[] {
    return this.#v2 ? [root] : [join(root, 'cpu'), join(root, 'memory')];
  }

  async #allHierarchies(): Promise<string[]> {
    if (this.#v2) return [root];
    return (await readdir(root)).map(name => join(root, name));
  }

  async #make(path: string): Promise<void> {
    for (const hierarchy of this.#hierarchies()) await mkdir(join(hierarchy, path), { recursive: true });
    if (!this.#v2) return;
    // Every directory on the way hands its controllers down.
    let above = root;
    for (const name of path.split('/').filter(Boolean)) {
      const available = (await readFile(join(above, 'cgroup.controllers'), 'utf8')).split(/\s+/);
      const wanted = controllersV2.filter(controller => available.includes(controller)).map(each => `+${each}`);
      await writeFile(join(above, 'cgroup.subtree_control'), wanted.join(' '));
      above = join(above, name);
    }
  }

  async #setCpu(path: string, { cpuShares, cpuQuotaUs }: Pick<PodCgroup, 'cpuShares' | 'cpuQuotaUs'>): Promise<void> {
    if (this.#v2) {
      await writeFile(join(root, path, 'cpu.weight'), String(cpuWeight(cpuShares)));
      await writeFile(join(root, path, 'cpu.max'), `${cpuQuotaUs ?? 'max'} ${cpuPeriodUs}`);
      return;
    }
    const directory = join(root, 'cpu', path);
    await writeFile(join(directory, 'cpu.shares'), String(cpuShares));
    await writeFile(join(directory, 'cpu.cfs_period_us'), String(cpuPeriodUs));
    await writeFile(join(directory, 'cpu.cfs_quota_us'), String(cpuQuotaUs ?? -1));
  }

  async #setMemory(path: string, { memoryLimitBytes }: Pick<PodCgroup, 'memoryLimitBytes'>): Promise<void> {
    if (this.#v2) await writeFile(join(root, path, 'memory.max'), String(memoryLimitBytes ?? 'max'));
    else await writeFile(join(root, 'memory', path, 'memory.limit_in_bytes'), String(memoryLimitBytes ?? -1));
  }
}

/** From 2..262144 to 1..10000, as the runtimes convert it. */
function cpuWeight(shares: number): number {
  return 1 + Math.floor(((shares - 2) * 9999) / 262_142);
}

/** A cgroup is removed from the inside out; one that is not there, or that something still runs in, stays. */
async function removeTree(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return;
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(path, entry.name));
  await rmdir(path).catch(() => undefined);
}
