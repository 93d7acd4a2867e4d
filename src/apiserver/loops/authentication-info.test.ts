import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap } from '#api/core/config-map.ts';
import type { ObjectWriter } from '#apiserver/authz/bootstrap/reconcile.ts';
import { publishAuthenticationInfo, publishTokenTracking } from '#apiserver/loops/authentication-info.ts';
import { pemBlocks } from '#lib/pki.ts';

function writer(...first: ConfigMap[]) {
  const objects = new Map(first.map(each => [each.metadata!.name!, each]));
  const writes: string[] = [];
  const put = (verb: string) => async (_: unknown, object: ConfigMap) => {
    writes.push(`${verb} ${object.metadata!.name}`);
    objects.set(object.metadata!.name!, object);
  };
  const all: ObjectWriter = {
    get: async (_resource, _namespace, name) => objects.get(name),
    create: put('create'),
    update: put('update'),
    delete: async () => {},
  };
  return { ...all, objects, writes };
}

const info = { clientAuthority: Buffer.from('client'), frontProxyAuthority: Buffer.from('proxy') };

test('what extension servers need is published once, beside what others published', async () => {
  const theirs = Buffer.from('their client CA');
  const mine = writer();
  await publishAuthenticationInfo(mine, { ...info, clientAuthority: theirs });
  await publishAuthenticationInfo(mine, info);
  await publishAuthenticationInfo(mine, info);
  assert.deepEqual(mine.writes, [
    'create extension-apiserver-authentication',
    'update extension-apiserver-authentication',
  ]);
  const data = mine.objects.get('extension-apiserver-authentication')!.data!;
  assert.deepEqual(pemBlocks(data['client-ca-file']!, 'CERTIFICATE'), [theirs, info.clientAuthority]);
  assert.deepEqual(pemBlocks(data['requestheader-client-ca-file']!, 'CERTIFICATE'), [info.frontProxyAuthority]);
  assert.equal(data['requestheader-allowed-names'], '["front-proxy-client"]');
});

test('the day from which tokens are watched does not move', async () => {
  const mine = writer();
  await publishTokenTracking(mine, Date.UTC(2026, 10, 21, 23));
  await publishTokenTracking(mine, Date.UTC(2027, 10, 21));
  assert.deepEqual(mine.objects.get('kube-apiserver-legacy-service-account-token-tracking')!.data, {
    since: '2026-11-21',
  });
});
