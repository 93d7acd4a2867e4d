/** `/livez`, `/readyz`, `/healthz`, each check by its name, and `/version`. */

import { headersOf, send } from '#apiserver/reply.ts';
import type { ApiRequest, PathHandler } from '#apiserver/request.ts';
import { methodNotAllowedError } from '#machinery/api-error.ts';

/** Undefined when all is well, else why not. */
export type Check = () => string | undefined;

export interface Health {
  readonly checks: readonly (readonly [name: string, check: Check])[];
}

const plainText = 'text/plain; charset=utf-8';

/** The kinds of health, and the checks that only one of them makes. */
const endpoints: Readonly<Record<string, (name: string) => boolean>> = {
  healthz: name => !readyOnly.has(name),
  livez: name => !readyOnly.has(name),
  readyz: name => name !== 'loopback-serving-certificate',
};
const readyOnly = new Set(['etcd-readiness', 'informer-sync', 'shutdown']);

export const endpointNames = Object.keys(endpoints);

/** What one kind of health looks at. */
export function checksOf(health: Health, endpoint: string): Health['checks'] {
  const concerns = endpoints[endpoint];
  return health.checks.filter(([name]) => concerns?.(name));
}

export function healthHandler(path: string, health: Health): PathHandler | undefined {
  const [endpoint = '', ...rest] = path.slice(1).split('/');
  if (!Object.hasOwn(endpoints, endpoint)) return undefined;
  const checks = checksOf(health, endpoint);
  const single = rest.join('/');
  if (single === '') return request => answerAll(request, endpoint, checks);
  const check = checks.find(([name]) => name === single)?.[1];
  if (check === undefined) return undefined;
  return request => {
    onlyGet(request);
    const why = check();
    reply(request, why === undefined ? 200 : 500, why === undefined ? 'ok' : `internal server error: ${why}\n`, false);
  };
}

function onlyGet(request: ApiRequest): void {
  if (request.exchange.method !== 'GET') throw methodNotAllowedError();
}

function answerAll(request: ApiRequest, endpoint: string, checks: Health['checks']): void {
  onlyGet(request);
  const excluded = new Set(request.query.getAll('exclude'));
  let failed = 0;
  const lines = checks.map(([name, check]) => {
    if (excluded.delete(name)) return `[+]${name} excluded: ok`;
    const why = check();
    if (why === undefined) return `[+]${name} ok`;
    failed++;
    return `[-]${name} failed: reason withheld`;
  });
  if (excluded.size > 0) {
    const unknown = [...excluded].map(name => JSON.stringify(name)).join(',');
    lines.push(`warn: some health checks cannot be excluded: no matches for ${unknown}`);
  }
  const all = lines.map(line => `${line}\n`).join('');
  if (failed > 0) return reply(request, 500, `${all}${endpoint} check failed\n`, true);
  reply(request, 200, request.query.has('verbose') ? `${all}${endpoint} check passed\n` : 'ok', true);
}

function reply(request: ApiRequest, code: number, text: string, noSniff: boolean): void {
  const headers = { ...headersOf(request, plainText), ...(noSniff ? { 'x-content-type-options': 'nosniff' } : {}) };
  request.exchange.reply(code, headers, Buffer.from(text));
}

/** The API level is upstream's; the build is ours. */
export const version = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.3',
  gitCommit: '$Format:%H$',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'go1.26.8',
  compiler: 'gc',
  platform: 'linux/amd64',
};

export const versionHandler: PathHandler = request => {
  onlyGet(request);
  send({ ...request, query: new URLSearchParams('pretty=1') }, 200, version, undefined, 'json');
};
