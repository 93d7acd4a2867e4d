/** What the machine as a whole uses, from /proc. Zero where there is none. */

import { readFile } from 'node:fs/promises';

export interface NodeUsage {
  cpuNanoSeconds: number;
  usageBytes: number;
  /** What cannot be given back at once: all that is used but for files that could be read again. */
  workingSetBytes: number;
  swapUsageBytes: number;
}

const nanosPerTick = 10_000_000;
const bytesPerKibibyte = 1024;

export async function readNodeUsage(): Promise<NodeUsage> {
  const [stat, meminfo] = await Promise.all([
    readFile('/proc/stat', 'utf8').catch(() => ''),
    readFile('/proc/meminfo', 'utf8').catch(() => ''),
  ]);
  const ticks = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number) ?? [];
  // user nice system idle iowait irq softirq steal
  const busy = ticks.filter((_, index) => index < 8 && index !== 3 && index !== 4).reduce((sum, each) => sum + each, 0);
  const kibibytes = (name: string) => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0);
  const usedKib = kibibytes('MemTotal') - kibibytes('MemFree');
  const inactiveKib = kibibytes('Inactive\\(file\\)');
  const swapKib = kibibytes('SwapTotal') - kibibytes('SwapFree');
  return {
    cpuNanoSeconds: busy * nanosPerTick,
    usageBytes: usedKib * bytesPerKibibyte,
    workingSetBytes: Math.max(usedKib - inactiveKib, 0) * bytesPerKibibyte,
    swapUsageBytes: swapKib * bytesPerKibibyte,
  };
}
