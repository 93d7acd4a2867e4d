import type { Plugin } from '#scheduler/plugin.ts';
import { nodeScoreMax } from '#scheduler/plugin.ts';

/** Nodes whose CPU and memory would be used to the same share are best. A Pod that asks for neither does not care. */
export const nodeResourcesBalancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  preScore({ requests }, table) {
    const cpuMilli = requests.amounts.get('cpu') ?? 0;
    const memoryBytes = requests.amounts.get('memory') ?? 0;
    if (cpuMilli === 0 && memoryBytes === 0) return undefined;
    const cpu = table.resource('cpu')!;
    const memory = table.resource('memory')!;
    return {
      score(row) {
        const cpuMax = cpu.allocatable[row]!;
        const memoryMax = memory.allocatable[row]!;
        if (cpuMax === 0 || memoryMax === 0) return nodeScoreMax;
        const cpuShare = Math.min((cpu.requested[row]! + cpuMilli) / cpuMax, 1);
        const memoryShare = Math.min((memory.requested[row]! + memoryBytes) / memoryMax, 1);
        return Math.trunc((1 - Math.abs(cpuShare - memoryShare) / 2) * nodeScoreMax);
      },
    };
  },
};
