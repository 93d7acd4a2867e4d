/** What a kubeconfig file says, for one of its contexts. Files that it names are read through the given function. */

import { parse } from 'yaml';
import type { AnyJson } from '#machinery/schema.ts';

export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

export interface Kubeconfig {
  readonly contextName: string;
  readonly clusterName: string;
  readonly userName: string;
  readonly namespace: string;
  /** `https://127.0.0.1:6443`, without a slash at the end. */
  readonly server: string;
  readonly caPem: string | undefined;
  readonly tlsServerName: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  readonly proxyUrl: string | undefined;
  readonly certificatePem: string | undefined;
  readonly keyPem: string | undefined;
  readonly token: string | undefined;
  /** Read again for each request, because the token in it is renewed. */
  readonly tokenFile: string | undefined;
  readonly basic: { readonly username: string; readonly password: string } | undefined;
  readonly impersonate: { readonly user: string; readonly groups: readonly string[]; readonly uid: string } | undefined;
  readonly exec: ExecPlugin | undefined;
}

export class KubeconfigError extends Error {
  override name = 'KubeconfigError';
}

export interface KubeconfigOptions {
  /** The context to use instead of the current one. */
  readonly context?: string | undefined;
  /** Reads a file named in the text, relative to where the text is. */
  readonly readFile: (path: string) => string;
}

export function parseKubeconfig(text: string, options: KubeconfigOptions): Kubeconfig {
  const config: AnyJson = parse(text) ?? {};
  if (typeof config !== 'object') throw new KubeconfigError('Cannot read the kubeconfig: it is not a YAML mapping');
  const contextName: string = options.context ?? config['current-context'] ?? '';
  const context = named(config.contexts, contextName, 'context').context ?? {};
  const cluster = named(config.clusters, context.cluster ?? '', 'cluster').cluster ?? {};
  const user = context.user ? (named(config.users, context.user, 'user').user ?? {}) : {};
  if (!cluster.server) throw new KubeconfigError(`Cannot use the cluster "${context.cluster}": it has no server`);
  const pem = (holder: AnyJson, field: string): string | undefined => {
    const data = holder[`${field}-data`];
    if (data) return Buffer.from(data, 'base64').toString('utf8');
    return holder[field] ? options.readFile(holder[field]) : undefined;
  };
  return {
    contextName,
    clusterName: context.cluster,
    userName: context.user ?? '',
    namespace: context.namespace || 'default',
    server: String(cluster.server).replace(/\/+$/, ''),
    caPem: pem(cluster, 'certificate-authority'),
    tlsServerName: cluster['tls-server-name'],
    insecureSkipTlsVerify: cluster['insecure-skip-tls-verify'] === true,
    proxyUrl: cluster['proxy-url'],
    certificatePem: pem(user, 'client-certificate'),
    keyPem: pem(user, 'client-key'),
    token: user.token,
    tokenFile: user.tokenFile,
    basic: user.username ? { username: user.username, password: user.password ?? '' } : undefined,
    impersonate: user.as ? { user: user.as, groups: user['as-groups'] ?? [], uid: user['as-uid'] ?? '' } : undefined,
    exec: user.exec ? execPlugin(user.exec) : undefined,
  };
}

function execPlugin(exec: AnyJson): ExecPlugin {
  return { apiVersion: exec.apiVersion ?? '', command: exec.command, args: exec.args ?? [], env: exec.env ?? [] };
}

function named(entries: AnyJson, name: string, what: string): AnyJson {
  const found = (entries ?? []).find((entry: AnyJson) => entry?.name === name);
  if (found === undefined)
    throw new KubeconfigError(`Cannot find the ${what} "${name}": the kubeconfig has none of that name`);
  return found;
}
