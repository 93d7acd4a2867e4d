import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { readDer } from '#lib/der.ts';
import { issue, keyPem, newAuthority, parseCertificate, parseSigningRequest, pem, pemBlocks } from '#lib/pki.ts';
import { systemRandom } from '#lib/random.ts';

const notBeforeMs = Date.UTC(2026, 0, 1);
const notAfterMs = Date.UTC(2051, 5, 2, 3, 4, 5);
const ca = newAuthority(
  { subject: { commonName: 'kubernetes', organizations: [] }, notBeforeMs, notAfterMs },
  systemRandom,
);

test('what is issued verifies with another implementation and reads back', () => {
  const names = { dns: ['kubernetes', 'kubernetes.default.svc'], ips: ['127.0.0.1', '10.96.0.1', '::1', 'fd00::1:2'] };
  const subject = { commonName: 'kube-apiserver', organizations: ['a:b', 'Größe'] };
  const pair = issue(
    { subject, names, purpose: 'server', notBeforeMs, notAfterMs: Date.UTC(2027, 0, 1) },
    ca,
    systemRandom,
  );
  const theirs = new X509Certificate(pair.certificate);
  const authority = new X509Certificate(ca.certificate);
  assert.ok(theirs.verify(authority.publicKey) && theirs.checkIssued(authority) && authority.ca && !theirs.ca);
  assert.ok(theirs.checkPrivateKey(pair.key));
  assert.equal(theirs.checkHost('kubernetes.default.svc'), 'kubernetes.default.svc');
  assert.equal(theirs.checkIP('10.96.0.1'), '10.96.0.1');
  assert.equal(theirs.validTo, 'Jan  1 00:00:00 2027 GMT');
  const ours = parseCertificate(pair.certificate);
  assert.deepEqual(ours.subject, subject);
  assert.deepEqual(ours.names, { ...names, uris: [], emails: [] });
  assert.deepEqual(ours.purposes, ['server']);
  assert.equal(ours.fingerprint, theirs.fingerprint256.replaceAll(':', '').toLowerCase());
  assert.equal(parseCertificate(ca.certificate).notAfterMs, notAfterMs, 'a year beyond 2049 has four digits');
});

test('a name cannot be smuggled in by what looks like a separator', () => {
  const subject = { commonName: 'x/O=system:masters', organizations: ['devs,O=system:masters', 'a\nO=system:masters'] };
  const pair = issue({ subject, purpose: 'client', notBeforeMs, notAfterMs }, ca, systemRandom);
  assert.deepEqual(parseCertificate(pair.certificate).subject, subject);
});

test('PEM there and back', () => {
  const text = pem('CERTIFICATE', ca.certificate);
  assert.deepEqual(pemBlocks(text + keyPem(ca.key) + text, 'CERTIFICATE'), [ca.certificate, ca.certificate]);
});

/** Made by openssl: O=system:nodes, CN=system:node:n, with a DNS name and an address. */
const recordedRequest =
  'MIIBEDCBtgIBADAvMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxFjAUBgNVBAMMDXN5c3RlbTpub2RlOm4wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASkfaYuyH9/Nce8fAnTHs0QbXHZjv06kTp8mD9imGUk+EtH9zcE4ykAQEhYAvDYKHZ5IifqiL4ikI2rxwkDdN0KoCUwIwYJKoZIhvcNAQkOMRYwFDASBgNVHREECzAJggFuhwQKAAABMAoGCCqGSM49BAMCA0kAMEYCIQCIADh6ID6D+8E2K+8RaKSYxRyPI2lAitcpwss5EC3w+wIhAPCr9aPyD8i+QMgiX50JcWzThGnxYKT1sMfLGD4A2T5r';

test('signing requests are read, and refused when truncated, padded or changed', () => {
  const own = Buffer.from(recordedRequest, 'base64');
  const parse = (bytes: Buffer) => parseSigningRequest(bytes);
  const request = parse(own);
  assert.deepEqual(request.subject, { commonName: 'system:node:n', organizations: ['system:nodes'] });
  assert.deepEqual(request.names, { dns: ['n'], ips: ['10.0.0.1'], uris: [], emails: [] });
  for (let length = 0; length < own.length; length += 7) assert.throws(() => parse(own.subarray(0, length)));
  assert.throws(() => parse(Buffer.concat([own, Buffer.from([0])])));
  const changed = Buffer.from(own);
  changed[20] = changed[20]! ^ 1;
  assert.throws(() => parse(changed));
});

test('malformed DER throws and never reads beyond its end', () => {
  for (const bytes of ['', '30', '3080', '308400000005', '30040201', '1f0100', '3085ffffffffff']) {
    assert.throws(() => readDer(Buffer.from(bytes, 'hex')), { name: 'DerError' }, bytes);
  }
});
