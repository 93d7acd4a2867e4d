/** A client of an API server by a kubeconfig file, as our own processes use it. */

import { readFileSync } from 'node:fs';
import { Client } from '#client/client.ts';
import { jsonTransport } from '#client/json-transport.ts';
import { parseKubeconfig } from '#client/kubeconfig.ts';
import type { Clock } from '#lib/clock.ts';
import { HttpClient } from '#lib/http/client.ts';

export interface ApiConnection {
  readonly client: Client;
  readonly http: HttpClient;
  close(): void;
}

export function connectByKubeconfig(path: string, userAgent: string, clock: Clock): ApiConnection {
  const config = parseKubeconfig(readFileSync(path, 'utf8'), { readFile: file => readFileSync(file, 'utf8') });
  const http = new HttpClient({
    url: config.server,
    clock,
    tls: () => ({ ca: config.caPem, certificate: config.certificatePem, key: config.keyPem }),
  });
  const client = new Client({ transport: jsonTransport({ transport: http.request, userAgent }), clock });
  return { client, http, close: () => http.close() };
}
