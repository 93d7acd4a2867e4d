/**
 * The keys and certificates of a cluster, in one directory, owned by one process that a joining server can ask.
 *
 *   ca.pem                    the authority that signs servers, people, components and nodes
 *   front-proxy-ca.pem        the authority of those who may name another user in headers, and of nobody else
 *   apiserver.pem             what the API server shows
 *   front-proxy-client.pem    what it shows to aggregated API servers
 *   client-<name>.pem         one for each user, component and node
 *   service-account.pem       signs service account tokens (RSA: they say RS256)
 *
 * A file holds a certificate and its key together, so that the two can never be out of step; it appears whole or not at all,
 * and only its owner may read it. A certificate in the last third of its life, without a name it needs or by another
 * authority is made anew when it is asked for.
 */

import type { KeyObject } from 'node:crypto';
import { X509Certificate } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '#lib/clock.ts';
import type { CertificateParts, KeyPair, Names, Subject } from '#lib/pki.ts';
import { issue, keyPem, newAuthority, newRsaKey, parseCertificate, pem, pemBlocks, readKey } from '#lib/pki.ts';
import type { Random } from '#lib/random.ts';

const dayMs = 86_400_000;
const authorityLifeMs = 10 * 365 * dayMs;
const leafLifeMs = 365 * dayMs;
/** Clocks differ: a certificate is good from a little before it was made. */
const skewMs = 5 * 60_000;

/** By what the API server is called inside the cluster. */
const serverNames = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
];
const serverIps = ['127.0.0.1', '::1'];
/** The first address of the range of Services: the Service `kubernetes`. */
export const kubernetesServiceIp = '10.96.0.1';

export const adminSubject: Subject = { commonName: 'admin', organizations: ['system:masters'] };

/** Components are known by their common name; RBAC binds it. */
export function componentSubject(component: 'kube-controller-manager' | 'kube-scheduler' | 'kube-proxy'): Subject {
  return { commonName: `system:${component}`, organizations: [] };
}

export function nodeSubject(node: string): Subject {
  return { commonName: `system:node:${node}`, organizations: ['system:nodes'] };
}

export interface IdentityOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
}

export class Identity {
  readonly clusterCa: KeyPair;
  readonly frontProxyCa: KeyPair;
  /** Made on another thread at first, so that the server can start meanwhile. */
  readonly serviceAccountKey: Promise<KeyObject>;
  readonly #options: IdentityOptions;

  constructor(options: IdentityOptions) {
    this.#options = options;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    this.serviceAccountKey = this.#openServiceAccountKey();
    // Whoever awaits it learns of a failure; until then it is not an unhandled one.
    this.serviceAccountKey.catch(() => {});
    this.clusterCa = this.#openAuthority('ca', 'kubernetes');
    this.frontProxyCa = this.#openAuthority('front-proxy-ca', 'front-proxy-ca');
  }

  /** What the API server shows, good for its names in the cluster and those given. */
  server(extra: Names): KeyPair {
    const names = {
      dns: [...new Set([...serverNames, ...extra.dns])],
      ips: [...new Set([...serverIps, kubernetesServiceIp, ...extra.ips])],
    };
    return this.#openLeaf('apiserver', this.clusterCa, {
      subject: { commonName: 'kube-apiserver', organizations: [] },
      names,
      purpose: 'server',
    });
  }

  /** What a node's kubelet shows to those who connect to it. */
  kubeletServer(node: string, names: Names): KeyPair {
    const subject = nodeSubject(node);
    return this.#openLeaf(`kubelet-${node}`, this.clusterCa, { subject, names, purpose: 'server' });
  }

  /** `name` is that of the file. */
  client(name: string, subject: Subject): KeyPair {
    return this.#openLeaf(`client-${name}`, this.clusterCa, { subject, purpose: 'client' });
  }

  /** What the API server shows to kubelets. */
  kubeletClient(): KeyPair {
    const subject = { commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] };
    return this.client('kube-apiserver-kubelet', subject);
  }

  frontProxyClient(): KeyPair {
    const subject = { commonName: 'front-proxy-client', organizations: [] };
    return this.#openLeaf('front-proxy-client', this.frontProxyCa, { subject, purpose: 'client' });
  }

  /** When a certificate should be asked for again. */
  renewAtMs(pair: KeyPair): number {
    return renewAtMs(pair);
  }

  #openAuthority(file: string, commonName: string): KeyPair {
    return (
      this.#read(file) ??
      this.#createOnce(file, () => {
        const nowMs = this.#options.clock.nowMs();
        const subject = { commonName, organizations: [] };
        const life = { notBeforeMs: nowMs - skewMs, notAfterMs: nowMs + authorityLifeMs };
        return newAuthority({ subject, ...life }, this.#options.random);
      })
    );
  }

  #openLeaf(file: string, authority: KeyPair, parts: Omit<CertificateParts, 'notBeforeMs' | 'notAfterMs'>): KeyPair {
    const nowMs = this.#options.clock.nowMs();
    const found = this.#read(file);
    if (found !== undefined && isGood(found, authority, parts, nowMs)) return found;
    const life = { notBeforeMs: nowMs - skewMs, notAfterMs: nowMs + leafLifeMs };
    const pair = issue({ ...parts, ...life }, authority, this.#options.random);
    const path = this.#path(file);
    const temporary = this.#writeTemporary(path, pairText(pair));
    renameSync(temporary, path);
    return pair;
  }

  async #openServiceAccountKey(): Promise<KeyObject> {
    const path = this.#path('service-account');
    const found = readIfThere(path);
    if (found !== undefined) return readKey(found);
    const key = await newRsaKey();
    return readKey(this.#linkOnce(path, keyPem(key)));
  }

  #createOnce(file: string, make: () => KeyPair): KeyPair {
    return readPair(this.#linkOnce(this.#path(file), pairText(make())));
  }

  /** Gives what stands there in the end: ours, or that of another process that was faster. */
  #linkOnce(path: string, text: string): string {
    const temporary = this.#writeTemporary(path, text);
    try {
      linkSync(temporary, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
    return readFileSync(path, 'utf8');
  }

  #writeTemporary(path: string, text: string): string {
    const temporary = `${path}.${this.#options.random.uuid()}`;
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return temporary;
  }

  #read(file: string): KeyPair | undefined {
    const text = readIfThere(this.#path(file));
    return text === undefined ? undefined : readPair(text);
  }

  #path(file: string): string {
    return join(this.#options.directory, `${file}.pem`);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function pairText(pair: KeyPair): string {
  return pem('CERTIFICATE', pair.certificate) + keyPem(pair.key);
}

function readPair(text: string): KeyPair {
  const [certificate] = pemBlocks(text, 'CERTIFICATE');
  if (certificate === undefined) throw new Error('the file holds no certificate');
  return { certificate, key: readKey(text.slice(text.indexOf('-----END CERTIFICATE-----') + 25)) };
}

function renewAtMs({ certificate }: KeyPair): number {
  const { notBeforeMs, notAfterMs } = parseCertificate(certificate);
  return notAfterMs - (notAfterMs - notBeforeMs) / 3;
}

function isGood(
  pair: KeyPair,
  authority: KeyPair,
  wanted: Pick<CertificateParts, 'subject' | 'names'>,
  nowMs: number,
): boolean {
  const found = parseCertificate(pair.certificate);
  const { dns, ips } = wanted.names ?? { dns: [], ips: [] };
  return (
    nowMs < renewAtMs(pair) &&
    nowMs >= found.notBeforeMs &&
    JSON.stringify(found.subject) === JSON.stringify(wanted.subject) &&
    dns.every(name => found.names.dns.includes(name)) &&
    ips.every(ip => found.names.ips.includes(ip)) &&
    new X509Certificate(pair.certificate).verify(new X509Certificate(authority.certificate).publicKey)
  );
}
