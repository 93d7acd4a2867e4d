/** Names of images: their parts, and what is wrong with one that is none, in the words of upstream's parser. Pure. */

export type ParsedImageName =
  | { ok: true; name: string; registry: string; repository: string }
  | { ok: false; error: string };

const repositoryCharactersMax = 255;
const tagPattern = /^[\w][\w.-]{0,127}$/;
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const componentPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const domainPattern = /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9.-]*[a-zA-Z0-9]|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;

/** `web` means `docker.io/library/web:latest`; the name given back has its tag, and its registry only if it was given. */
export function parseImageName(text: string): ParsedImageName {
  const bad = (error = 'invalid reference format'): ParsedImageName => ({ ok: false, error });
  if (text === '') return bad();
  const [beforeDigest = '', digest] = splitOnce(text, '@');
  if (digest !== undefined && !digestPattern.test(digest)) return bad();
  const slash = beforeDigest.lastIndexOf('/');
  const colon = beforeDigest.indexOf(':', slash + 1);
  const tag = colon < 0 ? undefined : beforeDigest.slice(colon + 1);
  const path = colon < 0 ? beforeDigest : beforeDigest.slice(0, colon);

  const first = path.split('/')[0] as string;
  const hasRegistry =
    path.includes('/') && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const registry = hasRegistry ? first : 'docker.io';
  const repository = hasRegistry ? path.slice(first.length + 1) : path;
  if (repository !== repository.toLowerCase())
    return bad(`invalid reference format: repository name (${repository}) must be lowercase`);
  if (tag !== undefined && !tagPattern.test(tag)) return bad();
  if (hasRegistry && !domainPattern.test(first)) return bad();
  if (!repository.split('/').every(part => componentPattern.test(part))) return bad();
  if (repository.length > repositoryCharactersMax) return bad('repository name must not be more than 255 characters');
  const name = tag === undefined && digest === undefined ? `${text}:latest` : text;
  const isOfficial = !hasRegistry && !repository.includes('/');
  return { ok: true, name, registry, repository: isOfficial ? `library/${repository}` : repository };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
