/** `/metrics` and `/metrics/slis`: what the server counts, its process, its objects, its health. */

import type { Health } from '#apiserver/health.ts';
import { family, type RequestMetrics } from '#apiserver/metrics.ts';
import { headersOf } from '#apiserver/reply.ts';
import type { ApiRequest, PathHandler } from '#apiserver/request.ts';
import type { ServedResources } from '#apiserver/served.ts';
import { methodNotAllowedError } from '#machinery/api-error.ts';

const textType = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

/** The process, as every client library of Prometheus shows it. */
export function processText(startSeconds: number): string {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  const one = (name: string, type: string, help: string, value: number) =>
    family(name, type, help, [`${name} ${value}`]);
  return [
    one('nodejs_heap_size_used_bytes', 'gauge', 'Bytes of objects on the heap.', heapUsed),
    one('process_cpu_seconds_total', 'counter', 'CPU time used, in seconds.', (user + system) / 1e6),
    one('process_resident_memory_bytes', 'gauge', 'Resident memory in bytes.', rss),
    one('process_start_time_seconds', 'gauge', 'When the process began, in seconds of Unix time.', startSeconds),
  ].join('');
}

/** How many objects of each resource the caches hold. */
export function objectsText(resources: ServedResources): string {
  const lines = new Set<string>();
  for (const { stored, resource } of resources.all()) {
    if (!resource.verbs.includes('watch')) continue;
    const { group, plural } = stored.hub;
    lines.add(`apiserver_resource_objects{group="${group}",resource="${plural}"} ${stored.cache.size}`);
  }
  return family('apiserver_resource_objects', 'gauge', 'Objects that are stored, by resource.', [...lines]);
}

/** `/metrics` and `/metrics/slis`. */
export function metricsHandler(path: string, metrics: RequestMetrics, health: Health, startSeconds: number) {
  if (path === '/metrics/slis') return textHandler(() => checksText(health));
  if (path !== '/metrics') return undefined;
  return textHandler(({ resources }) => metrics.text() + objectsText(resources) + processText(startSeconds));
}

function textHandler(text: (server: ApiRequest['server']) => string): PathHandler {
  return request => {
    if (request.exchange.method !== 'GET') throw methodNotAllowedError();
    request.exchange.reply(200, headersOf(request, textType), Buffer.from(text(request.server)));
  };
}

/** `/metrics/slis`: each check of the server's health as a number. */
export function checksText({ checks }: Health): string {
  const name = 'kubernetes_healthcheck';
  const lines = checks.map(([check, why]) => `${name}{name="${check}",type="healthz"} ${why() === undefined ? 1 : 0}`);
  return family(name, 'gauge', 'Whether a check of health succeeds.', lines);
}
