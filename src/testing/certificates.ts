/** Certificates for tests, made in milliseconds and valid only around the time of the test. */

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** PEM. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface IssueOptions {
  /** For a server on loopback; by default for a client. */
  server?: boolean;
  notBeforeMs?: number;
  notAfterMs?: number;
}

export interface TestCa {
  readonly certificate: string;
  issue(name: { commonName: string; organization?: string }, options?: IssueOptions): TestCertificate;
}

const dayMs = 24 * 60 * 60 * 1000;

export function testCa(commonName: string, nowMs: number): TestCa {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = { commonName, key: keys.privateKey };
  const times = { notBeforeMs: nowMs - dayMs, notAfterMs: nowMs + dayMs };
  const isCa = extension('551d13', true, sequence(tlv(0x01, Buffer.from([0xff]))));
  return {
    certificate: issueCertificate(issuer, { commonName, publicKey: keys.publicKey, ...times, extensions: [isCa] }),
    issue(name, options = {}) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const extensions = options.server ? [usage(1), loopbackNames()] : [usage(2)];
      const certificate = issueCertificate(issuer, {
        ...name,
        publicKey: own.publicKey,
        notBeforeMs: options.notBeforeMs ?? times.notBeforeMs,
        notAfterMs: options.notAfterMs ?? times.notAfterMs,
        extensions,
      });
      return { certificate, key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
    },
  };
}

interface Contents {
  commonName: string;
  organization?: string;
  publicKey: KeyObject;
  notBeforeMs: number;
  notAfterMs: number;
  extensions: Buffer[];
}

let serial = 0;

function issueCertificate(issuer: { commonName: string; key: KeyObject }, contents: Contents): string {
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))), // version 3
    tlv(0x02, Buffer.from([1, ++serial >> 8, serial & 0xff])),
    ecdsaWithSha256,
    distinguishedName(issuer.commonName),
    sequence(generalizedTime(contents.notBeforeMs), generalizedTime(contents.notAfterMs)),
    distinguishedName(contents.commonName, contents.organization),
    contents.publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...contents.extensions)),
  );
  const signature = sign('sha256', body, issuer.key);
  const der = sequence(body, ecdsaWithSha256, tlv(0x03, Buffer.from([0]), signature));
  const lines = der.toString('base64').match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** DER: a tag, the length of what follows, and what follows. */
function tlv(tag: number, ...parts: Uint8Array[]): Buffer {
  const value = Buffer.concat(parts);
  if (value.length < 0x80) return Buffer.concat([Buffer.from([tag, value.length]), value]);
  return Buffer.concat([Buffer.from([tag, 0x82, value.length >> 8, value.length & 0xff]), value]);
}

const sequence = (...parts: Uint8Array[]) => tlv(0x30, ...parts);
const oid = (hex: string) => tlv(0x06, Buffer.from(hex, 'hex'));
const utf8 = (text: string) => tlv(0x0c, Buffer.from(text));

function distinguishedName(commonName: string, organization?: string): Buffer {
  const part = (hex: string, text: string) => tlv(0x31, sequence(oid(hex), utf8(text)));
  const organizations = organization === undefined ? [] : [part('55040a', organization)];
  return sequence(...organizations, part('550403', commonName));
}

function generalizedTime(ms: number): Buffer {
  return tlv(0x18, Buffer.from(new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')));
}

function extension(hex: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [tlv(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(hex), ...critical, tlv(0x04, value));
}

/** Extended key usage: 1 is for servers, 2 for clients. */
function usage(purpose: 1 | 2): Buffer {
  return extension('551d25', false, sequence(oid(`2b0601050507030${purpose}`)));
}

function loopbackNames(): Buffer {
  return extension(
    '551d11',
    false,
    sequence(tlv(0x82, Buffer.from('localhost')), tlv(0x87, Buffer.from([127, 0, 0, 1]))),
  );
}
