import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupMounts } from './cgroups.ts';
import { containerdConfig, containerdPaths, lacksSysResource } from './containerd-process.ts';
import { mountsBelow } from './machine.ts';
import { checkPrerequisites, type Machine, missingPackages, onlySimulatedBecause } from './prerequisites.ts';
import { startTicksOf } from './process-record.ts';

const mounts = [
  'proc /proc proc rw 0 0',
  'cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0',
  'cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0',
  'overlay /data/n/rootfs overlay rw 0 0',
  'shm /data/n/with\\040space tmpfs rw 0 0',
  'tmpfs /data/nothing tmpfs rw 0 0',
].join('\n');

function machine(changes: Partial<Machine> = {}): Machine {
  const files: Record<string, string> = {
    '/proc/filesystems': 'nodev\tproc\nnodev\toverlay\n',
    '/proc/self/mounts': mounts,
  };
  return { platform: 'linux', userId: 0, has: () => true, read: path => files[path] ?? '', ...changes };
}

test('a machine that has everything', () => {
  const wrong = checkPrerequisites(machine()).filter(({ ok }) => !ok);
  assert.deepEqual(wrong, []);
});

test('a package is named once, though two of its programs are missing', () => {
  const bare = machine({ has: program => !['containerd', 'ctr', '/usr/lib/cni/ptp'].includes(program) });
  assert.deepEqual(missingPackages(checkPrerequisites(bare)), ['containerd', 'containernetworking-plugins']);
});

test('what no package mends', () => {
  assert.match(onlySimulatedBecause(machine({ platform: 'darwin' })) ?? '', /need Linux/);
  assert.match(onlySimulatedBecause(machine({ userId: 1000 })) ?? '', /need root/);
  const noKernel = checkPrerequisites(machine({ read: () => '' })).filter(({ ok }) => !ok);
  assert.deepEqual(
    noKernel.map(({ name }) => name),
    ['overlay filesystem', 'cgroups'],
  );
});

test("what is read from the kernel's files", () => {
  assert.deepEqual(cgroupMounts(mounts), ['/sys/fs/cgroup/memory', '/sys/fs/cgroup/unified']);
  assert.deepEqual(mountsBelow('/data/n', mounts), ['/data/n/with space', '/data/n/rootfs']);
  assert.equal(lacksSysResource('CapEff:\t000001ffffffffff\n'), false);
  assert.equal(lacksSysResource('CapEff:\t000001fffeffffff\n'), true);
});

test('a process is known by its start time too', {
  skip: process.platform !== 'linux' && 'start times are read from /proc',
}, () => {
  assert.ok((startTicksOf(process.pid) ?? 0) > 0);
  assert.equal(startTicksOf(2 ** 30), undefined);
});

test("containerd's configuration is of one folder", () => {
  const config = containerdConfig(containerdPaths('/data/"quoted"'), { restrictOomScoreAdj: true });
  assert.match(config, /^root = "\/data\/\\"quoted\\"\/containerd\/root"$/m);
  assert.match(config, /^ {2}restrict_oom_score_adj = true$/m);
});
