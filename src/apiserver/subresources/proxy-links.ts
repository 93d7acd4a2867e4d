/**
 * Pages behind a proxy say `/about` and mean their own root. Redirects to their own host and links in HTML are given the
 * path that leads through the proxy, as upstream does.
 */

import { Readable } from 'node:stream';
import { headerValue } from '#lib/http/headers.ts';
import { StreamBody, type TransportResponse } from '#lib/http/transport.ts';

export interface Behind {
  /** Host and port of who answers. */
  readonly host: string;
  /** The path of the proxy itself. */
  readonly prefix: string;
}

/** A larger page goes through as it is. */
const pageBytesMax = 4 << 20;

/** Attributes that hold one link, by element. */
const linkAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
};

export async function withOwnLinks(reply: TransportResponse, behind: Behind): Promise<TransportResponse> {
  const location = headerValue(reply.headers, 'location');
  const headers = location === undefined ? reply.headers : { ...reply.headers, location: ownLink(location, behind) };
  const type = headerValue(headers, 'content-type')?.split(';')[0]?.trim().toLowerCase();
  const length = Number(headerValue(headers, 'content-length') ?? Number.NaN);
  const isPage = type === 'text/html' && headerValue(headers, 'content-encoding') === undefined;
  if (!isPage || !(length <= pageBytesMax || Number.isNaN(length)) || length === 0) return { ...reply, headers };
  const { whole, chunks } = await readPage(reply);
  if (!whole) return { ...reply, headers, body: new StreamBody(Readable.from(chunks), () => reply.body.cancel()) };
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const page = Buffer.from(rewritten(Buffer.concat(parts).toString('latin1'), behind), 'latin1');
  const sized = { ...headers, 'content-length': String(page.length) };
  return { ...reply, headers: sized, body: new StreamBody(Readable.from([page])) };
}

/** The page, or, once it is too large, what has been read and the rest after it. */
async function readPage({ body }: TransportResponse) {
  const chunks: Uint8Array[] = [];
  const iterator = body[Symbol.asyncIterator]();
  let bytes = 0;
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) return { whole: true, chunks };
    chunks.push(value);
    bytes += value.length;
    if (bytes > pageBytesMax) break;
  }
  async function* rest() {
    yield* chunks;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { whole: false, chunks: rest() };
}

/** `/about` and `http://10.244.0.5:80/about` are `<prefix>/about`; what leads elsewhere stays. */
export function ownLink(link: string, { host, prefix }: Behind): string {
  let url: URL;
  try {
    url = new URL(link, `http://${host}`);
  } catch {
    return link;
  }
  const isAbsolutePath = link.startsWith('/') && !link.startsWith('//');
  const namesHost = /^(?:https?:)?\/\//i.test(link) && url.host === new URL(`${url.protocol}//${host}`).host;
  if (!isAbsolutePath && !namesHost) return link;
  if (isAbsolutePath && (link === prefix || link.startsWith(`${prefix}/`))) return link;
  return `${prefix}${isAbsolutePath ? link : url.pathname + url.search + url.hash}`;
}

/** One start tag: its name, then its attributes, quoted values taken whole. */
const startTag = /<([a-z][a-z0-9]*)((?:[^<>"']|"[^"]*"|'[^']*')*)>/gi;
const attribute = /([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'<>]+)/g;

export function rewritten(page: string, behind: Behind): string {
  return page.replace(startTag, (whole, name: string, attributes: string) => {
    const links = linkAttributes[name.toLowerCase()];
    if (links === undefined) return whole;
    const changed = attributes.replace(attribute, (text, key: string, equals: string, value: string) => {
      if (!links.includes(key.toLowerCase())) return text;
      const mark = value[0] === '"' || value[0] === "'" ? value[0] : '';
      const link = mark === '' ? value : value.slice(1, -1);
      return `${key}${equals}${mark}${ownLink(link, behind)}${mark}`;
    });
    return `<${name}${changed}>`;
  });
}
