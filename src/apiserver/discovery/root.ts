/** `/`: every path that the server answers, apart from the objects themselves. */

import { groupsOf } from '#apiserver/discovery/documents.ts';
import { checksOf, endpointNames, type Health } from '#apiserver/health.ts';
import { negotiate } from '#apiserver/negotiate.ts';
import { send } from '#apiserver/reply.ts';
import type { PathHandler } from '#apiserver/request.ts';
import type { ServedResources } from '#apiserver/served.ts';

const fixedPaths = [
  '/.well-known/openid-configuration',
  '/api',
  '/api/v1',
  '/apis',
  '/apis/',
  '/flagz',
  '/metrics',
  '/metrics/slis',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/',
  '/openid/v1/jwks',
  '/statusz',
  '/version',
];

export function rootHandler(health: Health): PathHandler {
  return request => {
    const { media } = negotiate(request.exchange.headers, { transformations: [] });
    const paths = pathsOf(request.server.resources, health);
    send(
      { ...request, query: new URLSearchParams('pretty=1') },
      200,
      { paths },
      undefined,
      media === 'yaml' ? media : 'json',
    );
  };
}

function pathsOf(resources: ServedResources, health: Health): string[] {
  const groups = groupsOf(resources).flatMap(({ name, versions }) => [
    `/apis/${name}`,
    ...versions.map(version => `/apis/${name}/${version}`),
  ]);
  const checks = endpointNames.flatMap(endpoint => [
    `/${endpoint}`,
    ...checksOf(health, endpoint).map(([name]) => `/${endpoint}/${name}`),
  ]);
  return [...new Set([...fixedPaths, ...groups, ...checks])].sort();
}
