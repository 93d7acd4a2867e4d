/** What the machine of a node is: read once, when the kubelet starts. */

import { readFileSync, statfsSync } from 'node:fs';
import { arch, cpus, release, totalmem } from 'node:os';
import type { NodeSystemInfo } from '#api/core/node.ts';

export type SystemInfo = Pick<
  NodeSystemInfo,
  'machineID' | 'systemUUID' | 'bootID' | 'kernelVersion' | 'osImage' | 'operatingSystem' | 'architecture'
>;

export interface Machine {
  cpus: number;
  memoryBytes: number;
  podsMax: number;
  /** The disk under the Pods' files; absent where it is not counted. */
  ephemeralStorageBytes?: number | undefined;
  system: SystemInfo;
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm' };
const podsMax = 110;

/** `dataDir` is where Pods keep their files. */
export function thisMachine(dataDir: string): Machine {
  const machineID = firstLine('/etc/machine-id');
  return {
    cpus: cpus().length,
    memoryBytes: totalmem(),
    podsMax,
    ephemeralStorageBytes: diskBytes(dataDir),
    system: {
      machineID,
      systemUUID: firstLine('/sys/class/dmi/id/product_uuid') || machineID,
      bootID: firstLine('/proc/sys/kernel/random/boot_id'),
      kernelVersion: release(),
      osImage: osImage(),
      operatingSystem: 'linux',
      architecture: architectures[arch()] ?? arch(),
    },
  };
}

function diskBytes(path: string): number {
  const { blocks, bsize } = statfsSync(path);
  return blocks * bsize;
}

function firstLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').split('\n')[0]?.trim() ?? '';
  } catch {
    return '';
  }
}

function osImage(): string {
  try {
    const match = /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'));
    return match?.[1] ?? 'Linux';
  } catch {
    return 'Linux';
  }
}
