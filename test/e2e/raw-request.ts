/** A request as it is, without the manners of a client: any body, any header, with or without a certificate. */

import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { parseKubeconfig } from '#client/kubeconfig.ts';

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string | Buffer | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** The administrator's certificate is not shown. */
  readonly anonymous?: boolean;
}

export interface RawReply {
  readonly code: number;
  readonly warnings: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON it is
  readonly body: any;
}

export interface RawClient {
  send(given: RawRequest): Promise<RawReply>;
  close(): void;
}

export function rawClient(kubeconfigFile: string): RawClient {
  const { server, caPem, certificatePem, keyPem } = parseKubeconfig(readFileSync(kubeconfigFile, 'utf8'), {
    readFile: file => readFileSync(file, 'utf8'),
  });
  const agents = {
    admin: new Agent({ ca: caPem, cert: certificatePem, key: keyPem, keepAlive: true }),
    nobody: new Agent({ ca: caPem, keepAlive: true }),
  };
  return {
    send: ({ method, path, body, headers, anonymous }) =>
      new Promise((resolve, reject) => {
        const agent = anonymous === true ? agents.nobody : agents.admin;
        const options = { method, agent, headers: { 'content-type': 'application/json', ...headers } };
        const sent = request(new URL(path, server), options, async reply => {
          let text = '';
          for await (const chunk of reply.setEncoding('utf8')) text += chunk;
          const warnings = [reply.headers['warning'] ?? []].flat();
          resolve({ code: reply.statusCode ?? 0, warnings, body: parsed(text) });
        });
        sent.on('error', reject);
        sent.end(body);
      }),
    close() {
      agents.admin.destroy();
      agents.nobody.destroy();
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
