/** Plain requests to a server in this process, as a user of any name: what a hostile client can send too. */

import { after, before } from 'node:test';
import { systemClock } from '#lib/clock.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { type InMemoryServer, inMemoryServer } from './in-memory-server.ts';

export interface ApiReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** The text as JSON; undefined when it is none. */
  readonly json: AnyJson;
}

export interface ApiBody {
  readonly body?: AnyJson | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Ask = (user: string, method: string, target: string, parts?: ApiBody) => Promise<ApiReply>;

const replyBytesMax = 64 << 20;

/** `admin` may do everything; anybody else starts without rights. */
export function asker(server: InMemoryServer): Ask {
  const transports = new Map<string, ReturnType<InMemoryServer['transport']>>();
  return async (user, method, target, { body, headers } = {}) => {
    const transport = transports.get(user) ?? (user === 'admin' ? server.transport() : server.transport(user, []));
    transports.set(user, transport);
    const sent = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const given = { 'content-type': 'application/json', ...headers };
    const reply = await transport({ method, target, headers: given, ...(sent && { body: sent }) });
    const text = Buffer.from(await reply.body.whole(replyBytesMax)).toString();
    return { status: reply.status, headers: reply.headers, text, json: parsed(text) };
  };
}

/** Of a server that lives as long as the tests of the file. */
export function askerOfTests(): Ask {
  let server: InMemoryServer;
  let ask: Ask;
  before(async () => {
    server = await inMemoryServer(systemClock);
    ask = asker(server);
  });
  after(() => server.close());
  return (...words) => ask(...words);
}

function parsed(text: string): AnyJson {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const mergePatch = { 'content-type': 'application/merge-patch+json' };
export const jsonPatch = { 'content-type': 'application/json-patch+json' };
export const strategicPatch = { 'content-type': 'application/strategic-merge-patch+json' };
export const applyPatch = { 'content-type': 'application/apply-patch+yaml' };
