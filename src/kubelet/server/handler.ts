/** The kubelet's own API: what the API server and monitoring ask a node for. */

import type { Pod } from '#api/core/pod.ts';
import type { Kubelet } from '#kubelet/kubelet.ts';
import type { PodWorker } from '#kubelet/pod-worker.ts';
import { KubeletAccess, replyJson, replyText } from '#kubelet/server/access.ts';
import { replyLogs } from '#kubelet/server/container-logs.ts';
import type { KubeletRequest, KubeletServerOptions } from '#kubelet/server/request.ts';
import { prometheusText, resourceMetrics, statsSummary } from '#kubelet/server/stats.ts';
import { replyAttach, replyExec, replyPortForward, replyRun } from '#kubelet/server/streams.ts';
import { rfc3339 } from '#lib/clock.ts';
import type { Exchange, Handler } from '#lib/http/exchange.ts';

type Route = (request: KubeletRequest) => void | Promise<void>;

const metricsType = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

/** By the first part of the path. */
const routes: Readonly<Record<string, Route>> = {
  healthz: ({ exchange, path }) => {
    const known = path.length === 1 || (path.length === 2 && ['ping', 'log', 'syncloop'].includes(path[1] as string));
    if (known) replyText(exchange, 200, 'ok');
    else notFound(exchange);
  },
  pods: ({ exchange, kubelet }) => replyJson(exchange, 200, podList([...kubelet.workers].map(noted))),
  runningpods: ({ exchange, kubelet }) => {
    const running = [...kubelet.workers].filter(({ observed }) =>
      observed.containers.some(({ state }) => state === 'Running'),
    );
    replyJson(exchange, 200, podList(running.map(({ pod }) => onlyName(pod))));
  },
  containerLogs: replyLogs,
  exec: replyExec,
  attach: replyAttach,
  portForward: replyPortForward,
  run: replyRun,
  stats: async ({ exchange, path, kubelet, query }) => {
    if (path[1] !== 'summary') return notFound(exchange);
    replyJson(
      exchange,
      200,
      await statsSummary(kubelet, { onlyCpuAndMemory: query.get('only_cpu_and_memory') === 'true' }),
    );
  },
  metrics: async ({ exchange, path, kubelet }) => {
    const reply = (text: string) => exchange.reply(200, { 'content-type': metricsType }, Buffer.from(text));
    if (path[1] === 'resource') return reply(prometheusText(await resourceMetrics(kubelet)));
    if (path.length === 1 || path[1] === 'probes' || path[1] === 'cadvisor') {
      return reply(prometheusText(path.length === 1 ? kubeletMetrics(kubelet) : []));
    }
    notFound(exchange);
  },
  configz: ({ exchange, kubelet }) => {
    const { dns } = kubelet.host;
    const kubeletconfig = {
      kind: 'KubeletConfiguration',
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      clusterDomain: dns.clusterDomain,
      clusterDNS: dns.clusterDns,
      cgroupDriver: 'cgroupfs',
    };
    replyJson(exchange, 200, { kubeletconfig });
  },
};

export function kubeletHandler(options: KubeletServerOptions): Handler {
  const { client, nodeName } = options.kubelet.host;
  const access = new KubeletAccess({ client, clock: options.clock, nodeName });
  return async exchange => {
    const url = new URL(exchange.target, 'http://kubelet');
    const path = url.pathname
      .split('/')
      .filter(part => part !== '')
      .map(decodeURIComponent);
    const route = routes[path[0] ?? ''];
    if (route === undefined) return notFound(exchange);
    if (!(await access.allow(exchange, url.pathname))) return;
    await route({ ...options, exchange, path, query: url.searchParams });
  };
}

function notFound(exchange: Exchange): void {
  replyText(exchange, 404, '404 page not found\n');
}

function podList(items: readonly object[]) {
  return { kind: 'PodList', apiVersion: 'v1', metadata: {}, items };
}

/** Upstream's kubelet notes where it has a Pod from, and since when. */
function noted({ current, seenAtMs }: PodWorker): Pod {
  const source = { 'kubernetes.io/config.seen': rfc3339(seenAtMs), 'kubernetes.io/config.source': 'api' };
  return { ...current, metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, ...source } } };
}

/** All that the runtime knows of it. */
function onlyName({ metadata }: Pod): object {
  const { name, namespace, uid } = metadata ?? {};
  return { metadata: { name, namespace, uid }, spec: { containers: null }, status: {} };
}

function kubeletMetrics(kubelet: Kubelet) {
  const workers = [...kubelet.workers];
  const running = workers.flatMap(({ observed }) => observed.containers).filter(({ state }) => state === 'Running');
  return [
    {
      name: 'kubelet_running_pods',
      type: 'gauge' as const,
      help: 'Number of pods that have a running pod sandbox',
      samples: [
        { labels: {}, value: workers.filter(({ observed }) => observed.sandboxes[0]?.state === 'Ready').length },
      ],
    },
    {
      name: 'kubelet_running_containers',
      type: 'gauge' as const,
      help: 'Number of containers currently running',
      samples: [{ labels: { container_state: 'running' }, value: running.length }],
    },
  ];
}
