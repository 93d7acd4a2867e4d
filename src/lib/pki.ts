/**
 * Certificates: making authorities and what they sign, and reading them and signing requests. Keys are ECDSA P-256, which
 * take a fraction of a millisecond to make; the writer is our own because it is small, synchronous and starts at once.
 */

import type { KeyObject } from 'node:crypto';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import type { DerValue } from '#lib/der.ts';
import {
  bits,
  boolean,
  children,
  DerError,
  der,
  derTags,
  explicit,
  implicit,
  integer,
  octets,
  oid,
  oidText,
  readDer,
  sequence,
  set,
  stringText,
  time,
  timeMs,
  utf8,
} from '#lib/der.ts';
import type { Random } from '#lib/random.ts';

export interface Subject {
  readonly commonName: string;
  /** In Kubernetes, the groups of a user. */
  readonly organizations: readonly string[];
}

export interface Names {
  readonly dns: readonly string[];
  readonly ips: readonly string[];
  readonly uris?: readonly string[];
  readonly emails?: readonly string[];
}

/** What a certificate may be used for. */
export type Purpose = 'server' | 'client' | 'both' | 'authority';

/** A certificate with its private key. */
export interface KeyPair {
  readonly certificate: Buffer;
  readonly key: KeyObject;
}

export interface CertificateParts {
  readonly subject: Subject;
  readonly names?: Names;
  readonly purpose: Purpose;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

const oids = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  anyUsage: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ecdsaSha256: '1.2.840.10045.4.3.2',
  ecdsaSha384: '1.2.840.10045.4.3.3',
  ecdsaSha512: '1.2.840.10045.4.3.4',
  rsaSha256: '1.2.840.113549.1.1.11',
  rsaSha384: '1.2.840.113549.1.1.12',
  rsaSha512: '1.2.840.113549.1.1.13',
  ed25519: '1.3.101.112',
  extensionRequest: '1.2.840.113549.1.9.14',
};

export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** RSA 2048, for tokens that say RS256. Takes a tenth of a second, so it is made on a thread of Node's. */
export async function newRsaKey(): Promise<KeyObject> {
  return (await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })).privateKey;
}

/** An authority that signs itself. */
export function newAuthority(parts: Omit<CertificateParts, 'purpose'>, random: Random): KeyPair {
  const key = newKey();
  const whole = { ...parts, purpose: 'authority' as const };
  return { key, certificate: certify(whole, spkiOf(key), { key, certificate: undefined }, random) };
}

/** A new key, certified by the authority. */
export function issue(parts: CertificateParts, authority: KeyPair, random: Random): KeyPair {
  const key = newKey();
  return { key, certificate: certify(parts, spkiOf(key), authority, random) };
}

/** A certificate for somebody else's public key: what a signing request asks for. */
export function certifyKey(parts: CertificateParts, publicKeyDer: Buffer, authority: KeyPair, random: Random): Buffer {
  return certify(parts, publicKeyDer, authority, random);
}

function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

function certify(
  parts: CertificateParts,
  spki: Buffer,
  signer: { key: KeyObject; certificate: Buffer | undefined },
  random: Random,
): Buffer {
  const rsa = signer.key.asymmetricKeyType === 'rsa';
  const algorithm = rsa ? sequence(oid(oids.rsaSha256), der(derTags.null)) : sequence(oid(oids.ecdsaSha256));
  const issuer = signer.certificate === undefined ? undefined : readTbs(signer.certificate);
  const subject = nameDer(parts.subject);
  // Positive, and never zero in its first byte.
  const serial = Buffer.from(random.bytes(16));
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const tbs = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    issuer === undefined ? subject : issuer.subject.whole,
    sequence(time(parts.notBeforeMs), time(parts.notAfterMs)),
    subject,
    spki,
    explicit(3, sequence(...extensions(parts, spki, issuer === undefined ? spki : issuer.spki.whole))),
  );
  return sequence(tbs, algorithm, bits(sign('sha256', tbs, signer.key)));
}

/** Each organization and then the common name, in the order Go writes them. */
function nameDer(subject: Subject): Buffer {
  const part = (type: string, value: string) => set(sequence(oid(type), utf8(value)));
  return sequence(
    ...subject.organizations.map(each => part(oids.organization, each)),
    ...(subject.commonName === '' ? [] : [part(oids.commonName, subject.commonName)]),
  );
}

function extensions(parts: CertificateParts, spki: Buffer, issuerSpki: Buffer): Buffer[] {
  const extension = (type: string, critical: boolean, value: Buffer) =>
    sequence(oid(type), ...(critical ? [boolean(true)] : []), octets(value));
  const authority = parts.purpose === 'authority';
  const usages = {
    server: [oids.serverAuth],
    client: [oids.clientAuth],
    both: [oids.serverAuth, oids.clientAuth],
    authority: [],
  }[parts.purpose];
  // Bits from the left: digital signature 0, key encipherment 2, certificate signing 5, revocation lists 6.
  const keyUsage = authority ? bits(Buffer.from([0b1010_0110]), 1) : bits(Buffer.from([0b1010_0000]), 5);
  const names = parts.names === undefined ? [] : namesDer(parts.names);
  return [
    extension(oids.keyUsage, true, keyUsage),
    ...(usages.length > 0 ? [extension(oids.extendedKeyUsage, false, sequence(...usages.map(oid)))] : []),
    extension(oids.basicConstraints, true, authority ? sequence(boolean(true)) : sequence()),
    extension(oids.subjectKeyId, false, octets(keyId(spki))),
    extension(oids.authorityKeyId, false, sequence(implicit(0, keyId(issuerSpki)))),
    ...(names.length > 0 ? [extension(oids.subjectAltName, false, sequence(...names))] : []),
  ];
}

/** The digest of the key bits alone, without their algorithm (RFC 5280, 4.2.1.2). */
function keyId(spki: Buffer): Buffer {
  const [, keyBits] = children(readDer(spki));
  return createHash('sha1').update(keyBits!.content.subarray(1)).digest();
}

function namesDer(names: Names): Buffer[] {
  return [
    ...names.dns.map(each => implicit(2, Buffer.from(each, 'latin1'))),
    ...(names.emails ?? []).map(each => implicit(1, Buffer.from(each, 'latin1'))),
    ...names.ips.map(each => implicit(7, ipBytes(each))),
    ...(names.uris ?? []).map(each => implicit(6, Buffer.from(each, 'latin1'))),
  ];
}

function ipBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros: string[] = Array(8 - before.length - after.length).fill('0');
  const all = tail === undefined ? before : [...before, ...zeros, ...after];
  return Buffer.from(all.map(each => each.padStart(4, '0')).join(''), 'hex');
}

function ipText(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
  // The URL parser writes IPv6 in its canonical short form.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** What authentication and renewal read of a certificate. */
export interface ParsedCertificate {
  readonly subject: Subject;
  readonly names: Names;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SHA-256 of the whole, in hexadecimal. */
  readonly fingerprint: string;
  readonly purposes: readonly ('server' | 'client')[];
}

interface Tbs {
  readonly validity: DerValue;
  readonly subject: DerValue;
  readonly spki: DerValue;
  readonly extensions: readonly DerValue[];
}

function readTbs(certificate: Uint8Array): Tbs {
  const [tbs] = children(readDer(certificate));
  const fields = tbs === undefined ? [] : children(tbs);
  if (fields[0]?.tag === 0xa0) fields.shift();
  const [, , , validity, subject, spki, ...rest] = fields;
  if (validity === undefined || subject === undefined || spki === undefined) throw new DerError('not a certificate');
  const extensions = rest.find(each => each.tag === 0xa3);
  return { validity, subject, spki, extensions: extensions === undefined ? [] : children(children(extensions)[0]!) };
}

export function parseCertificate(certificate: Uint8Array): ParsedCertificate {
  const tbs = readTbs(certificate);
  const [notBefore, notAfter] = children(tbs.validity);
  if (notBefore === undefined || notAfter === undefined) throw new DerError('not a certificate');
  const usages = extensionValue(tbs.extensions, oids.extendedKeyUsage);
  // Without the extension a certificate is good for everything (RFC 5280, 4.2.1.12).
  const purposes = usages === undefined ? [oids.anyUsage] : children(usages).map(oidText);
  const isFor = (usage: string) => purposes.includes(usage) || purposes.includes(oids.anyUsage);
  return {
    subject: readSubject(tbs.subject),
    names: readNames(extensionValue(tbs.extensions, oids.subjectAltName)),
    notBeforeMs: timeMs(notBefore),
    notAfterMs: timeMs(notAfter),
    fingerprint: createHash('sha256').update(certificate).digest('hex'),
    purposes: [
      ...(isFor(oids.serverAuth) ? (['server'] as const) : []),
      ...(isFor(oids.clientAuth) ? (['client'] as const) : []),
    ],
  };
}

/** The last common name counts, and every organization, as in Go. */
function readSubject(name: DerValue): Subject {
  let commonName = '';
  const organizations: string[] = [];
  for (const relative of children(name)) {
    for (const attribute of children(relative)) {
      const [type, value] = children(attribute);
      if (type === undefined || value === undefined) throw new DerError('not a name');
      if (oidText(type) === oids.commonName) commonName = stringText(value);
      else if (oidText(type) === oids.organization) organizations.push(stringText(value));
    }
  }
  return { commonName, organizations };
}

function extensionValue(extensions: readonly DerValue[], type: string): DerValue | undefined {
  for (const extension of extensions) {
    const parts = children(extension);
    if (parts.length >= 2 && oidText(parts[0]!) === type) return readDer(parts.at(-1)!.content);
  }
  return undefined;
}

function readNames(value: DerValue | undefined): Required<Names> {
  const names = value === undefined ? [] : children(value);
  const texts = (tag: number) => names.filter(each => each.tag === tag).map(each => each.content.toString('latin1'));
  const ips = names.filter(each => each.tag === 0x87).map(each => ipText(each.content));
  return { dns: texts(0x82), ips, uris: texts(0x86), emails: texts(0x81) };
}

/** A certificate signing request (PKCS #10) whose signature was checked. */
export interface SigningRequest {
  readonly subject: Subject;
  readonly names: Required<Names>;
  readonly publicKeyDer: Buffer;
}

/** Throws a DerError, also when the signature does not fit. */
export function parseSigningRequest(request: Uint8Array): SigningRequest {
  const [info, algorithm, signature] = children(readDer(request));
  if (info === undefined || algorithm === undefined || signature === undefined) throw new DerError('not a request');
  const [, subject, spki, attributes] = children(info);
  if (subject === undefined || spki === undefined) throw new DerError('not a request');
  const publicKeyDer = Buffer.from(spki.whole);
  if (!signatureFits(info.whole, algorithm, signature, publicKeyDer)) throw new DerError('the signature does not fit');
  return { subject: readSubject(subject), names: readNames(requestedNames(attributes)), publicKeyDer };
}

function signatureFits(signed: Buffer, algorithm: DerValue, signature: DerValue, publicKeyDer: Buffer): boolean {
  const digests: Record<string, string | null> = {
    [oids.ecdsaSha256]: 'sha256',
    [oids.ecdsaSha384]: 'sha384',
    [oids.ecdsaSha512]: 'sha512',
    [oids.rsaSha256]: 'sha256',
    [oids.rsaSha384]: 'sha384',
    [oids.rsaSha512]: 'sha512',
    [oids.ed25519]: null,
  };
  const digest = digests[oidText(children(algorithm)[0]!)];
  if (digest === undefined) return false;
  const key = createPublicKey({ key: publicKeyDer, format: 'der', type: 'spki' });
  return verify(digest, signed, key, signature.content.subarray(1));
}

function requestedNames(attributes: DerValue | undefined): DerValue | undefined {
  for (const attribute of attributes === undefined ? [] : children(attributes)) {
    const [type, values] = children(attribute);
    if (type === undefined || values === undefined || oidText(type) !== oids.extensionRequest) continue;
    const [list] = children(values);
    return list === undefined ? undefined : extensionValue(children(list), oids.subjectAltName);
  }
  return undefined;
}

export function pem(label: 'CERTIFICATE' | 'CERTIFICATE REQUEST', bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** All blocks with this label, in order. */
export function pemBlocks(text: string, label: string): Buffer[] {
  const block = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`, 'g');
  return [...text.matchAll(block)].map(found => Buffer.from(found[1]!, 'base64'));
}

export function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

export function readKey(text: string): KeyObject {
  return createPrivateKey(text);
}
