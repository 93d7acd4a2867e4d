/** Who may ask a kubelet for what: clients are known by certificate or token, and the API server decides. */

import { tokenReviews } from '#api/authentication/token-review.ts';
import { subjectAccessReviews } from '#api/authorization/subject-access-review.ts';
import type { Client } from '#client/client.ts';
import type { Clock } from '#lib/clock.ts';
import type { Exchange } from '#lib/http/exchange.ts';
import { headerValue } from '#lib/http/headers.ts';
import { parseCertificate } from '#lib/pki.ts';

export interface KubeletUser {
  name: string;
  groups: readonly string[];
}

const masters = 'system:masters';
const tokenMs = 120_000;
const allowedMs = 300_000;
const deniedMs = 30_000;
/** Answers that are remembered; at the bound all are forgotten. */
const rememberedMax = 1000;

/** Parts of the kubelet's API that may be granted by themselves. */
const subresources: readonly { path: string; names: readonly string[] }[] = [
  { path: '/stats', names: ['stats'] },
  { path: '/metrics', names: ['metrics'] },
  { path: '/logs', names: ['log'] },
  { path: '/checkpoint', names: ['checkpoint'] },
  { path: '/healthz', names: ['healthz', 'proxy'] },
  { path: '/pods', names: ['pods', 'proxy'] },
  { path: '/runningpods', names: ['pods', 'proxy'] },
  { path: '/configz', names: ['configz', 'proxy'] },
];

const verbs: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

export class KubeletAccess {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #nodeName: string;
  readonly #tokens = new Map<string, { user: KubeletUser | undefined; untilMs: number }>();
  readonly #decisions = new Map<string, { allowed: boolean; untilMs: number }>();

  constructor(options: { client: Client; clock: Clock; nodeName: string }) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#nodeName = options.nodeName;
  }

  /** True when the exchange may go on; else it has been answered. */
  async allow(exchange: Exchange, path: string): Promise<boolean> {
    const user = await this.#authenticate(exchange);
    if (user === undefined) {
      replyText(exchange, 401, 'Unauthorized');
      return false;
    }
    if (user.groups.includes(masters)) return true;
    const verb = verbs[exchange.method] ?? 'get';
    const names = subresources.find(each => path === each.path || path.startsWith(`${each.path}/`))?.names ?? ['proxy'];
    for (const subresource of names) if (await this.#isAllowed(user, verb, subresource)) return true;
    const what = `user=${user.name}, verb=${verb}, resource=nodes, subresource(s)=[${names.join(' ')}]`;
    replyText(exchange, 403, `Forbidden (${what})\n`);
    return false;
  }

  async #authenticate({ peer, headers }: Exchange): Promise<KubeletUser | undefined> {
    if (peer.certificate !== undefined) {
      const { subject, purposes, notAfterMs } = parseCertificate(peer.certificate);
      if (!purposes.includes('client') || notAfterMs < this.#clock.nowMs()) return undefined;
      return { name: subject.commonName, groups: [...subject.organizations, 'system:authenticated'] };
    }
    const token = /^Bearer (.+)$/i.exec(headerValue(headers, 'authorization') ?? '')?.[1];
    return token === undefined ? undefined : this.#ofToken(token);
  }

  async #ofToken(token: string): Promise<KubeletUser | undefined> {
    const nowMs = this.#clock.nowMs();
    const known = this.#tokens.get(token);
    if (known !== undefined && nowMs < known.untilMs) return known.user;
    const { status } = await this.#client.create(tokenReviews, { metadata: {}, spec: { token } });
    const { authenticated = false, user } = status;
    const found =
      authenticated && user !== undefined ? { name: user.username ?? '', groups: user.groups ?? [] } : undefined;
    remember(this.#tokens, token, { user: found, untilMs: nowMs + tokenMs });
    return found;
  }

  async #isAllowed(user: KubeletUser, verb: string, subresource: string): Promise<boolean> {
    const nowMs = this.#clock.nowMs();
    const key = JSON.stringify([user.name, user.groups, verb, subresource]);
    const known = this.#decisions.get(key);
    if (known !== undefined && nowMs < known.untilMs) return known.allowed;
    const resourceAttributes = { verb, version: 'v1', resource: 'nodes', subresource, name: this.#nodeName };
    const spec = { user: user.name, groups: [...user.groups], resourceAttributes };
    const { status } = await this.#client.create(subjectAccessReviews, { metadata: {}, spec });
    const { allowed } = status;
    remember(this.#decisions, key, { allowed, untilMs: nowMs + (allowed ? allowedMs : deniedMs) });
    return allowed;
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.size >= rememberedMax) map.clear();
  map.set(key, value);
}

export function replyText(exchange: Exchange, status: number, text: string): void {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  exchange.reply(status, headers, Buffer.from(text));
}

export function replyJson(exchange: Exchange, status: number, value: unknown): void {
  exchange.reply(status, { 'content-type': 'application/json' }, Buffer.from(JSON.stringify(value)));
}
