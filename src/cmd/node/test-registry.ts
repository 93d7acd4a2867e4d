/** An image registry for tests: serves what is in an OCI archive, over plain HTTP, to who knows the password. */

import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { run } from '#lib/process.ts';

export interface TestRegistry {
  port: number;
  close(): void;
}

interface Manifest {
  mediaType: string;
  digest: string;
  annotations: Record<string, string>;
}

/** The image `docker.io/library/hello:1` of the archive is served as `hello:1`. */
export async function serveRegistry(options: {
  address: string;
  archive: string;
  /** Where to unpack it. */
  folder: string;
  username: string;
  password: string;
}): Promise<TestRegistry> {
  const { address, archive, folder } = options;
  await mkdir(folder, { recursive: true });
  await run(['tar', '--extract', '--file', archive, '--directory', folder]);
  const { manifests } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { manifests: Manifest[] };
  const expected = `Basic ${Buffer.from(`${options.username}:${options.password}`).toString('base64')}`;

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const [, name, kind, reference = ''] =
      /^\/v2\/(?:(.+)\/(manifests|blobs)\/([^/]+))?$/.exec(request.url ?? '') ?? [];
    if (request.headers.authorization !== expected) {
      return response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="test"' }).end();
    }
    const named = manifests.find(({ annotations }) =>
      annotations['io.containerd.image.name']?.endsWith(`/${name}:${reference}`),
    );
    const digest = kind === 'manifests' && named !== undefined ? named.digest : reference;
    const file = join(folder, 'blobs', ...digest.split(':'));
    if (kind === undefined || !digest.startsWith('sha256:') || !existsSync(file)) {
      return response.writeHead(kind === undefined ? 200 : 404).end();
    }
    const type = kind === 'manifests' ? 'application/vnd.oci.image.manifest.v1+json' : 'application/octet-stream';
    const body = readFileSync(file);
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length, 'Docker-Content-Digest': digest });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, address, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
