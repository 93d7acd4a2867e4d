/** A whole API server in this process, over a store in memory: what the parts of the client half are tested against. */

import { generateKeyPairSync } from 'node:crypto';
import { type ApiServer, type ApiServerOptions, startApiServer } from '#apiserver/api-server.ts';
import { Client } from '#client/client.ts';
import { jsonTransport } from '#client/json-transport.ts';
import type { Clock } from '#lib/clock.ts';
import { memoryTransport } from '#lib/http/memory.ts';
import type { Transport } from '#lib/http/transport.ts';
import { issue, newAuthority } from '#lib/pki.ts';
import { type Random, systemRandom } from '#lib/random.ts';
import { MemoryStore } from '#store/memory/memory-store.ts';

const dayMs = 24 * 60 * 60 * 1000;

export interface InMemoryServer {
  readonly api: ApiServer;
  /** A client that the server knows by its certificate; by default one who may do everything. */
  client(commonName?: string, organizations?: readonly string[]): Client;
  /** The same for plain requests. */
  transport(commonName?: string, organizations?: readonly string[]): Transport;
  close(): Promise<void>;
}

export async function inMemoryServer(
  clock: Clock,
  random: Random = systemRandom,
  parts: Partial<Pick<ApiServerOptions, 'dialCluster' | 'kubeletTls'>> = {},
): Promise<InMemoryServer> {
  const life = { notBeforeMs: clock.nowMs() - dayMs, notAfterMs: clock.nowMs() + 3650 * dayMs };
  const authority = newAuthority({ subject: { commonName: 'kubernetes', organizations: [] }, ...life }, systemRandom);
  const store = new MemoryStore(clock);
  const api = await startApiServer({
    store,
    clock,
    random,
    log: () => {},
    clientAuthority: authority.certificate,
    frontProxyAuthority: authority.certificate,
    serviceAccountKeys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
    advertised: () => '127.0.0.1:6443',
    ...parts,
  });
  const transport = (commonName = 'admin', organizations: readonly string[] = ['system:masters']) => {
    const wanted = { subject: { commonName, organizations: [...organizations] }, purpose: 'client' as const, ...life };
    const { certificate } = issue(wanted, authority, systemRandom);
    const peer = { address: '127.0.0.1', certificate, certificateRoot: authority.certificate };
    return memoryTransport(exchange => api.server.handle(exchange), peer);
  };
  return {
    api,
    transport,
    client(commonName = 'admin', organizations) {
      const json = jsonTransport({ transport: transport(commonName, organizations), userAgent: `${commonName}/test` });
      return new Client({ transport: json, clock });
    },
    async close() {
      api.close();
      await store.close();
    },
  };
}
