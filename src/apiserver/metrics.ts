/**
 * What the server counts about itself, under upstream's names, and the text of it (Prometheus exposition format 0.0.4).
 * Every label has few values: names come from what is served, never from what a client sends (CVE-2020-8552).
 */

import type { RequestInfo } from '#apiserver/authz/request-info.ts';
import type { ServedResources } from '#apiserver/served.ts';
import type { Clock } from '#lib/clock.ts';

/** Upper bounds in seconds. */
const durationBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];
const readVerbs = ['GET', 'LIST', 'WATCH', 'CONNECT', 'HEAD'];
const connects = ['exec', 'attach', 'portforward', 'proxy', 'log'];
const changingMethods = ['POST', 'PUT', 'PATCH', 'DELETE'];

interface Series {
  readonly labels: string;
  readonly buckets: number[];
  readonly codes: Map<number, number>;
  count: number;
  sumSeconds: number;
}

/** A request on its way. */
export interface Measured {
  end(code: number): void;
}

export class RequestMetrics {
  readonly #clock: Clock;
  readonly #resources: ServedResources;
  readonly #series = new Map<string, Series>();
  readonly #inflight = { mutating: 0, readOnly: 0 };
  #longRunning = 0;

  constructor(clock: Clock, resources: ServedResources) {
    this.#clock = clock;
    this.#resources = resources;
  }

  begin(info: RequestInfo, method: string, dryRun: boolean): Measured {
    const verb = verbOf(info, method);
    const isLong = verb === 'WATCH' || verb === 'CONNECT';
    const kind = changingMethods.includes(method) ? 'mutating' : 'readOnly';
    if (isLong) this.#longRunning++;
    else this.#inflight[kind]++;
    const startMs = this.#clock.monotonicMs();
    let isOver = false;
    return {
      end: code => {
        if (isOver) return;
        isOver = true;
        if (isLong) this.#longRunning--;
        else this.#inflight[kind]--;
        observe(this.#seriesOf(info, verb, dryRun), code, (this.#clock.monotonicMs() - startMs) / 1000);
      },
    };
  }

  #seriesOf(info: RequestInfo, verb: string, dryRun: boolean): Series {
    const served = info.isResource ? this.#resources.find(info.group, info.version, info.resource) : undefined;
    const subresource = served && Object.hasOwn(served.resource.subresources, info.subresource) ? info.subresource : '';
    const { group = '', version = '', plural = '' } = served?.resource ?? {};
    const scope = served === undefined ? '' : scopeOf(info);
    const labels = labelsOf({
      component: 'apiserver',
      dry_run: dryRun ? 'All' : '',
      group,
      resource: plural,
      scope,
      subresource,
      verb,
      version,
    });
    const known = this.#series.get(labels);
    if (known !== undefined) return known;
    const buckets = durationBuckets.map(() => 0);
    const made: Series = { labels, buckets, codes: new Map(), count: 0, sumSeconds: 0 };
    this.#series.set(labels, made);
    return made;
  }

  text(): string {
    const totals: string[] = [];
    const durations: string[] = [];
    for (const { labels, buckets, codes, count, sumSeconds } of this.#series.values()) {
      for (const [code, times] of codes) totals.push(`apiserver_request_total{code="${code}",${labels}} ${times}`);
      let below = 0;
      for (const [i, bound] of durationBuckets.entries()) {
        below += buckets[i] ?? 0;
        durations.push(`apiserver_request_duration_seconds_bucket{${labels},le="${bound}"} ${below}`);
      }
      durations.push(`apiserver_request_duration_seconds_bucket{${labels},le="+Inf"} ${count}`);
      durations.push(`apiserver_request_duration_seconds_sum{${labels}} ${sumSeconds}`);
      durations.push(`apiserver_request_duration_seconds_count{${labels}} ${count}`);
    }
    return [
      family('apiserver_current_inflight_requests', 'gauge', 'Requests that are being answered, by kind.', [
        `apiserver_current_inflight_requests{request_kind="mutating"} ${this.#inflight.mutating}`,
        `apiserver_current_inflight_requests{request_kind="readOnly"} ${this.#inflight.readOnly}`,
      ]),
      family('apiserver_longrunning_requests', 'gauge', 'Watches and streams that are open.', [
        `apiserver_longrunning_requests{component="apiserver"} ${this.#longRunning}`,
      ]),
      family('apiserver_request_duration_seconds', 'histogram', 'How long requests took.', durations),
      family('apiserver_request_total', 'counter', 'Requests that were answered.', totals),
    ].join('');
  }
}

function observe(series: Series, code: number, seconds: number): void {
  series.count++;
  series.sumSeconds += seconds;
  series.codes.set(code, (series.codes.get(code) ?? 0) + 1);
  const at = durationBuckets.findIndex(bound => seconds <= bound);
  if (at >= 0) series.buckets[at] = (series.buckets[at] ?? 0) + 1;
}

/** Upstream's names of verbs in metrics: the method, and what a GET really is. */
function verbOf(info: RequestInfo, method: string): string {
  if (connects.includes(info.subresource)) return 'CONNECT';
  if (info.verb === 'list' || info.verb === 'watch' || info.verb === 'deletecollection') return info.verb.toUpperCase();
  return changingMethods.includes(method) || readVerbs.includes(method) ? method : 'other';
}

function scopeOf(info: RequestInfo): string {
  if (info.name !== '') return 'resource';
  return info.namespace === '' ? 'cluster' : 'namespace';
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',');
}

/** One family of series, as Prometheus reads it. */
export function family(name: string, type: string, help: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.map(line => `${line}\n`).join('')}`;
}
