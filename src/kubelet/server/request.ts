/** One request to the kubelet's own API. */

import type { Kubelet } from '#kubelet/kubelet.ts';
import type { Clock } from '#lib/clock.ts';
import type { Dial } from '#lib/http/connect.ts';
import type { Exchange } from '#lib/http/exchange.ts';

export interface KubeletServerOptions {
  kubelet: Kubelet;
  clock: Clock;
  /** Reaches the streaming server of the runtime, which listens on the node's loopback. */
  dial: Dial;
}

export interface KubeletRequest extends KubeletServerOptions {
  exchange: Exchange;
  path: readonly string[];
  query: URLSearchParams;
}
