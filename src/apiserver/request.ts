/** One request on its way through the server, with what has been found out about it so far. */

import type { User } from '#apiserver/authn/user.ts';
import type { RequestInfo } from '#apiserver/authz/request-info.ts';
import type { Served } from '#apiserver/served.ts';
import type { Server } from '#apiserver/server.ts';
import type { Exchange } from '#lib/http/exchange.ts';

export interface ApiRequest {
  readonly exchange: Exchange;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly user: User;
  /** The server it came to: clock, resources, admission. */
  readonly server: Server;
  /** Texts of `Warning` headers, in order, without repeats. */
  readonly warnings: string[];
}

/** A request for a resource that is served. */
export interface ResourceRequest extends ApiRequest {
  readonly served: Served;
}

/** Once the warnings of one reply are longer than this together, long ones are cut and no more are added. */
const warningCharactersMax = 4 << 10;
const cutWarningCharactersMax = 256;

export function warn(request: Pick<ApiRequest, 'warnings'>, text: string): void {
  const { warnings } = request;
  if (warnings.includes(text)) return;
  const total = warnings.reduce((sum, each) => sum + each.length, 0);
  if (total >= warningCharactersMax) return;
  warnings.push(text);
  if (total + text.length <= warningCharactersMax) return;
  for (const [i, each] of warnings.entries()) warnings[i] = [...each].slice(0, cutWarningCharactersMax).join('');
}

/** `299 - "text"`, with what may not stand in a quoted string escaped. */
export function warningHeader(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters may not stand in a header
  return `299 - "${text.replace(/[\\"]/g, '\\$&').replace(/[\x00-\x1f\x7f]+/g, ' ')}"`;
}
