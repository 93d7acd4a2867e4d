/**
 * The control plane of a cluster in this process: identity, store, API server with its TLS port, and the loops that were
 * asked for.
 */

import { mkdirSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { services } from '#api/core/service.ts';
import { ipAddresses } from '#api/networking/ip-address.ts';
import { serviceRange } from '#apiserver/allocation/cluster-ips.ts';
import { type ApiServer, startApiServer } from '#apiserver/api-server.ts';
import { objectsOf } from '#apiserver/cache-objects.ts';
import { startKubernetesService } from '#apiserver/loops/kubernetes-service.ts';
import { adminSubject, Identity, kubernetesServiceIp } from '#cmd/identity.ts';
import { kubeconfigText } from '#cmd/kubeconfig-text.ts';
import type { Clock } from '#lib/clock.ts';
import type { Dial } from '#lib/http/connect.ts';
import { HttpServer } from '#lib/http/server.ts';
import { keyPem, pem } from '#lib/pki.ts';
import type { Random } from '#lib/random.ts';
import type { Store } from '#store/store.ts';

export interface ControlPlaneOptions {
  /** The cluster's name: of its kubeconfig context, too. */
  readonly name: string;
  /** Where keys, certificates and kubeconfigs are kept. */
  readonly directory: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (text: string) => void;
  /** What must be there once the server answers: the credentials of nodes, which start then. */
  readonly beforeListening?: ((identity: Identity) => Promise<void>) | undefined;
  /** How kubelets, Pods and Services are reached; undefined: directly. */
  readonly dialCluster?: Dial | undefined;
  /** Where Pods find the API server: behind the `kubernetes` Service. */
  readonly endpoint?: { readonly host: string; readonly port: number } | undefined;
}

export interface ControlPlane {
  readonly api: ApiServer;
  readonly identity: Identity;
  readonly http: HttpServer;
  readonly url: string;
  /** The administrator's, CN=admin and O=system:masters. */
  readonly kubeconfigFile: string;
  close(): Promise<void>;
}

/** How long requests under way may take to finish when the server stops. */
const closeGraceMs = 2_000;

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { clock, random, store, log } = options;
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const identity = new Identity({ directory: join(options.directory, 'pki'), clock, random });
  let address = `${options.host}:${options.port}`;
  const api = await startApiServer({
    store,
    clock,
    random,
    log,
    clientAuthority: identity.clusterCa.certificate,
    frontProxyAuthority: identity.frontProxyCa.certificate,
    serviceAccountKeys: [await identity.serviceAccountKey],
    advertised: () => address,
    kubeletTls: () => {
      const shown = identity.kubeletClient();
      const ca = pem('CERTIFICATE', identity.clusterCa.certificate);
      return { ca, certificate: pem('CERTIFICATE', shown.certificate), key: keyPem(shown.key) };
    },
    dialCluster: options.dialCluster,
  });
  const serving = identity.server({ dns: [], ips: options.endpoint === undefined ? [] : [options.endpoint.host] });
  const http = new HttpServer({
    handler: exchange => api.server.handle(exchange),
    clock,
    tls: {
      certificate: pem('CERTIFICATE', serving.certificate),
      key: keyPem(serving.key),
      clientCas: [
        pem('CERTIFICATE', identity.clusterCa.certificate),
        pem('CERTIFICATE', identity.frontProxyCa.certificate),
      ],
    },
    onError: error => log(String((error as Error)?.stack ?? error)),
  });
  await options.beforeListening?.(identity);
  const bound = await http.listen({ host: options.host, port: options.port });
  address = `${bound.host}:${bound.port}`;
  const url = `https://${address}`;
  const kubeconfigFile = await writeAdminKubeconfig(options, identity, url);
  await startKubernetesService({
    writer: api.writer,
    services: objectsOf(api.server.resources, services),
    addresses: objectsOf(api.server.resources, ipAddresses),
    clock,
    serviceRange,
    serviceIp: kubernetesServiceIp,
    port: bound.port,
    endpoint: options.endpoint,
    onError: error => log(`the kubernetes Service: ${error}`),
  });
  return {
    api,
    identity,
    http,
    url,
    kubeconfigFile,
    async close() {
      const closed = http.close(closeGraceMs);
      api.feed.endWatches();
      await closed;
      api.close();
      await store.close();
    },
  };
}

async function writeAdminKubeconfig(options: ControlPlaneOptions, identity: Identity, server: string): Promise<string> {
  const client = identity.client('admin', adminSubject);
  const authority = identity.clusterCa.certificate;
  const file = join(options.directory, 'admin.kubeconfig');
  const namespace = namespaceIn(file);
  const parts = { server, cluster: options.name, user: `${options.name}-admin`, authority, client, namespace };
  // Replaced whole: `up` may read it at any moment.
  await writeFile(`${file}.new`, kubeconfigText(parts), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return file;
}

/** `proa kubectl config set-context --current --namespace=…` writes there: it outlives a new port or certificate. */
function namespaceIn(file: string): string | undefined {
  try {
    return parse(readFileSync(file, 'utf8')).contexts[0].context.namespace;
  } catch {
    return undefined;
  }
}
