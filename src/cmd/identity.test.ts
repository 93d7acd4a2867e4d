import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { adminSubject, Identity, nodeSubject } from '#cmd/identity.ts';
import { kubeconfigText } from '#cmd/kubeconfig-text.ts';
import type { Clock } from '#lib/clock.ts';
import { parseCertificate } from '#lib/pki.ts';
import { systemRandom } from '#lib/random.ts';

const root = mkdtempSync(join(tmpdir(), 'identity-'));
after(() => rmSync(root, { recursive: true }));

const startMs = Date.UTC(2026, 10, 21);
const dayMs = 86_400_000;

function open(name: string, nowMs = startMs): Identity {
  const clock = { nowMs: () => nowMs } as Clock;
  return new Identity({ directory: join(root, name), clock, random: systemRandom });
}

test('a second process has the same keys, and nobody else can read them', async () => {
  const [one, two] = [open('same'), open('same')];
  assert.deepEqual(one.clusterCa.certificate, two.clusterCa.certificate);
  assert.ok((await one.serviceAccountKey).equals(await two.serviceAccountKey));
  assert.deepEqual(one.server({ dns: [], ips: [] }).certificate, two.server({ dns: [], ips: [] }).certificate);
  for (const file of readdirSync(join(root, 'same'))) {
    assert.equal(statSync(join(root, 'same', file)).mode & 0o777, 0o600, file);
    assert.match(file, /^[-a-z]+\.pem$/, 'no temporary file is left');
  }
  assert.equal(statSync(join(root, 'same')).mode & 0o777, 0o700);
});

test('the server certificate has the names it needs and grows with new ones', () => {
  const identity = open('names');
  const first = identity.server({ dns: ['host'], ips: ['192.168.0.7'] });
  const certificate = new X509Certificate(first.certificate);
  assert.ok(certificate.verify(new X509Certificate(identity.clusterCa.certificate).publicKey));
  for (const name of ['kubernetes', 'kubernetes.default.svc.cluster.local', 'localhost', 'host']) {
    assert.ok(certificate.checkHost(name), name);
  }
  for (const ip of ['127.0.0.1', '::1', '10.96.0.1', '192.168.0.7']) assert.ok(certificate.checkIP(ip), ip);
  assert.deepEqual(identity.server({ dns: [], ips: [] }).certificate, first.certificate);
  assert.notDeepEqual(identity.server({ dns: ['other'], ips: [] }).certificate, first.certificate);
});

test('certificates are made anew in the last third of their life', () => {
  const first = open('renewal').client('admin', adminSubject);
  const at = (days: number) => open('renewal', startMs + days * dayMs).client('admin', adminSubject).certificate;
  assert.deepEqual(at(240), first.certificate);
  const renewed = at(250);
  assert.notDeepEqual(renewed, first.certificate);
  assert.ok(parseCertificate(renewed).notAfterMs > startMs + 600 * dayMs);
});

test('a client certificate is not good for a server, and the front proxy has an authority of its own', () => {
  const identity = open('purposes');
  const node = parseCertificate(identity.client('node-n', nodeSubject('n')).certificate);
  assert.deepEqual(node.subject, { commonName: 'system:node:n', organizations: ['system:nodes'] });
  assert.deepEqual(node.purposes, ['client']);
  const proxy = new X509Certificate(identity.frontProxyClient().certificate);
  assert.ok(!proxy.verify(new X509Certificate(identity.clusterCa.certificate).publicKey));
  assert.ok(proxy.verify(new X509Certificate(identity.frontProxyCa.certificate).publicKey));
});

test('a kubeconfig is YAML with everything in it', () => {
  const identity = open('kubeconfig');
  const client = identity.client('admin', adminSubject);
  const text = kubeconfigText({
    server: 'https://127.0.0.1:6443',
    cluster: 'proa: one',
    user: 'admin',
    authority: identity.clusterCa.certificate,
    client,
  });
  const config = parse(text);
  assert.equal(config['current-context'], 'proa: one');
  assert.equal(config.clusters[0].cluster.server, 'https://127.0.0.1:6443');
  const certificate = Buffer.from(config.users[0].user['client-certificate-data'], 'base64');
  assert.ok(new X509Certificate(certificate).checkPrivateKey(client.key));
});
