/** Tokens of service accounts for Pods, asked for once and again before they run out. */

import type { TokenRequest } from '#api/authentication/token-request.ts';
import type { Pod } from '#api/core/pod.ts';
import type { ServiceAccountTokenProjection } from '#api/core/projected-volume.ts';
import { serviceAccounts } from '#api/core/service-account.ts';
import type { Client } from '#client/client.ts';
import { podKey } from '#kubelet/labels.ts';
import type { Clock } from '#lib/clock.ts';

interface Token {
  text: string;
  refreshAtMs: number;
}

const defaultSeconds = 3600;
/** A token is replaced when this much of its life is over, and at the latest after a day. */
const refreshShare = 0.8;
const ageMsMax = 24 * 3_600_000;

export class PodTokens {
  readonly #client: Client;
  readonly #clock: Clock;
  /** By Pod uid, audience and life. */
  readonly #tokens = new Map<string, Token>();

  constructor(options: { client: Client; clock: Clock }) {
    this.#client = options.client;
    this.#clock = options.clock;
  }

  async get(pod: Pod, projection: ServiceAccountTokenProjection): Promise<Token> {
    const { uid, namespace, name } = podKey(pod);
    const { audience = '', expirationSeconds = defaultSeconds } = projection;
    const key = `${uid} ${expirationSeconds} ${audience}`;
    const known = this.#tokens.get(key);
    const nowMs = this.#clock.nowMs();
    if (known !== undefined && nowMs < known.refreshAtMs) return known;
    const account = pod.spec?.serviceAccountName || 'default';
    const request: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: audience === '' ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    };
    const { status } = await this.#client.createSubresource(
      serviceAccounts,
      { namespace, name: account },
      'token',
      request,
    );
    const lifeMs = Date.parse(status?.expirationTimestamp ?? '') - nowMs || expirationSeconds * 1000;
    const token = { text: status?.token ?? '', refreshAtMs: nowMs + Math.min(lifeMs * refreshShare, ageMsMax) };
    this.#tokens.set(key, token);
    return token;
  }

  forget(uid: string): void {
    for (const key of this.#tokens.keys()) if (key.startsWith(`${uid} `)) this.#tokens.delete(key);
  }
}
