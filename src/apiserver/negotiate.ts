/** Which form the client wants its answer in: the Accept header and `pretty`, as upstream reads them. */

import type { HeaderValues } from '#lib/http/exchange.ts';
import { notAcceptableError } from '#machinery/api-error.ts';

export type Media = 'json' | 'yaml' | 'protobuf';

export type Transformation = 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';

export interface Accepted {
  readonly media: Media;
  /** What the object is turned into, `meta.k8s.io` in this version; undefined: it comes as it is. */
  readonly as?: Transformation | undefined;
  readonly version?: 'v1' | 'v1beta1' | undefined;
}

export const contentTypes: Record<Media, string> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};

const mediaByType: ReadonlyMap<string, Media> = new Map([
  ['application/json', 'json'],
  ['application/yaml', 'yaml'],
  ['application/vnd.kubernetes.protobuf', 'protobuf'],
  ['*/*', 'json'],
]);

const offered = Object.values(contentTypes).join(', ');
const offeredWatch = `${offered}, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch`;

/** Bytes of an Accept header that are looked at. */
const acceptCharactersMax = 4096;

interface Clause {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

function parseClause(text: string): Clause {
  const [type = '', ...rest] = text.split(';');
  const parameters: Record<string, string> = {};
  for (const part of rest) {
    const equals = part.indexOf('=');
    if (equals > 0) parameters[part.slice(0, equals).trim()] = part.slice(equals + 1).trim();
  }
  const quality = parameters['q'] === undefined ? 1 : Number(parameters['q']);
  return { type: type.trim().toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
}

export interface Choices {
  /** The transformations this endpoint can make. */
  readonly transformations: readonly Transformation[];
  /** A list can also be watched: only the error's text differs. */
  readonly list?: boolean;
}

/** Remembers what headers mean: clients send the same few over and over. */
const remembered = new Map<string, Accepted>();
const rememberedMax = 500;

/** Throws 406. */
export function negotiate(headers: HeaderValues, choices: Choices): Accepted {
  const header = String(headers['accept'] ?? '').slice(0, acceptCharactersMax);
  if (header === '' || header === '*/*' || header === 'application/json') return { media: 'json' };
  const memory = `${choices.transformations.join()} ${header}`;
  const known = remembered.get(memory);
  if (known !== undefined) return known;
  const accepted = choose(header, choices);
  if (remembered.size >= rememberedMax) remembered.clear();
  remembered.set(memory, accepted);
  return accepted;
}

function choose(header: string, choices: Choices): Accepted {
  const clauses = header.split(',').map(parseClause);
  clauses.sort((a, b) => b.quality - a.quality);
  let someMedia = false;
  for (const { type, parameters } of clauses) {
    const media = mediaByType.get(type);
    if (media === undefined) continue;
    someMedia = true;
    const accepted = transformed(media, parameters, choices);
    if (accepted !== undefined) return accepted;
  }
  if (someMedia) throw notAcceptableError(`only the following media types are accepted: ${offered}`);
  const available = choices.list ? offeredWatch : offered;
  throw notAcceptableError(`406: Not Acceptable\n\nAvailable representations: ${available}`, {});
}

function transformed(media: Media, parameters: Clause['parameters'], choices: Choices): Accepted | undefined {
  const { as, g: group, v: version } = parameters;
  if (as === undefined && group === undefined && version === undefined) return { media };
  if (group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  const transformation = choices.transformations.find(each => each === as);
  return transformation && { media, as: transformation, version };
}

/** What the best media type for an error is: never an error itself. */
export function mediaOfError(headers: HeaderValues): Media {
  try {
    return negotiate(headers, { transformations: ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'] })
      .media;
  } catch {
    return 'json';
  }
}

/** Indented JSON: for people with curl or a browser, or when asked for. */
export function wantsPretty(headers: HeaderValues, query: URLSearchParams): boolean {
  const asked = query.get('pretty');
  if (asked !== null) return asked !== '' && asked !== '0' && asked !== 'false';
  if (/[;,]\s*pretty=1/.test(String(headers['accept'] ?? ''))) return true;
  const agent = String(headers['user-agent'] ?? '');
  return agent.startsWith('curl') || agent.startsWith('Wget') || agent.startsWith('Mozilla/5.0');
}
