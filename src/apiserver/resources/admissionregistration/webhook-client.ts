/** How a webhook is reached (upstream: apiserver/pkg/util/webhook/validation.go). */

import { addProblems } from '#apiserver/resources/messages.ts';
import { type FieldError, invalid, required } from '#machinery/validation/field-error.ts';
import { checkDns1123Subdomain, rangeProblem } from '#machinery/validation/names.ts';

export interface WebhookClient {
  readonly url?: string | undefined;
  readonly service?:
    | {
        readonly name?: string | undefined;
        readonly namespace?: string | undefined;
        readonly path?: string | undefined;
        readonly port?: number | undefined;
      }
    | undefined;
}

export function inspectClientConfig(client: WebhookClient | undefined, path: string, errors: FieldError[]): void {
  const { url, service } = client ?? {};
  if ((url === undefined) === (service === undefined)) {
    errors.push(required(path, 'exactly one of url or service is required'));
  } else if (url !== undefined) inspectUrl(url, `${path}.url`, errors);
  else if (service !== undefined) {
    const own = `${path}.service`;
    // Upstream names one when the other is missing.
    if (!service.namespace) errors.push(required(`${own}.name`));
    if (!service.name) errors.push(required(`${own}.namespace`));
    const { port } = service;
    if (port !== undefined && (port < 1 || port > 65535)) {
      errors.push(invalid(`${own}.port`, port, `port is not valid: ${rangeProblem(1, 65535)}`));
    }
    if (service.path !== undefined) inspectPath(service.path, `${own}.path`, errors);
  }
}

const form = 'desired format: https://host[/path]';

function inspectUrl(text: string, path: string, errors: FieldError[]): void {
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(text);
  const [, scheme = '', authority = '', , query = '', fragment = ''] = match ?? [];
  const user = authority.includes('@') ? authority.slice(0, authority.lastIndexOf('@')) : '';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (scheme !== 'https') errors.push(invalid(path, scheme, `'https' is the only allowed URL scheme; ${form}`));
  if (host === '') errors.push(invalid(path, host, `host must be specified; ${form}`));
  if (user !== '') errors.push(invalid(path, user, 'user information is not permitted in the URL'));
  if (fragment !== '') errors.push(invalid(path, fragment, 'fragments are not permitted in the URL'));
  if (query !== '') errors.push(invalid(path, query, 'query parameters are not permitted in the URL'));
}

function inspectPath(url: string, path: string, errors: FieldError[]): void {
  if (url === '/' || url === '') return;
  if (url === '//') {
    errors.push(invalid(path, url, 'segment[0] may not be empty'));
    return;
  }
  if (!url.startsWith('/')) errors.push(invalid(path, url, "must start with a '/'"));
  const segments = url.replace(/^\//, '').replace(/\/$/, '').split('/');
  for (const [at, segment] of segments.entries()) {
    if (segment === '') errors.push(invalid(path, url, `segment[${at}] may not be empty`));
    else
      addProblems(
        errors,
        path,
        url,
        checkDns1123Subdomain(segment).map(problem => `segment[${at}]: ${problem}`),
      );
  }
}
