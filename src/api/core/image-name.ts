/** What an image's name says about how it is pulled. */

const domainLabel = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domain = `(?:${domainLabel}(?:\\.${domainLabel})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?`;
const pathPart = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const reference = new RegExp(
  `^(?:${domain}/)?${pathPart}(?:/${pathPart})*` +
    '(?::(?<tag>[\\w][\\w.-]{0,127}))?' +
    '(?<digest>@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$',
);
const nameCharactersMax = 255;
const identifier = /^[a-f0-9]{64}$/;

/** `web` and `web:latest` may change under their name: they are pulled always. A name that cannot be read is not. */
export function pullPolicyOf(image: string): 'Always' | 'IfNotPresent' {
  const isName = image.length <= nameCharactersMax && !identifier.test(image);
  const parts = isName ? reference.exec(image) : null;
  if (parts === null) return 'IfNotPresent';
  const tag = parts.groups?.['tag'];
  return tag === 'latest' || (tag === undefined && parts.groups?.['digest'] === undefined) ? 'Always' : 'IfNotPresent';
}
