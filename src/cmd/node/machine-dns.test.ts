import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { machineDns, reachableServers } from '#cmd/node/machine-dns.ts';

test('resolvers that a node can reach', () => {
  const folder = mkdtempSync(join(tmpdir(), 'proa-dns-'));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    const stub = file('stub', 'nameserver 127.0.0.53\noptions edns0\nsearch lan\n');
    const behind = file('behind', 'nameserver 192.0.2.1\nnameserver fe80::1%eth0\nsearch lan\n');
    const none = join(folder, 'none');
    assert.deepEqual(reachableServers(machineDns([stub, behind])), ['192.0.2.1']);
    assert.deepEqual(machineDns([behind, stub]).servers, ['192.0.2.1', 'fe80::1%eth0']);
    assert.deepEqual(machineDns([stub, none]).servers, ['127.0.0.53']);
    assert.deepEqual(reachableServers(machineDns([stub, none])), []);
    assert.deepEqual(machineDns([none]), {});
  } finally {
    rmSync(folder, { recursive: true });
  }
});
