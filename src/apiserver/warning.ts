/** What a reply says beside its answer: `Warning` headers. */

/** Once the warnings of one reply are longer than this together, long ones are cut and no more are added. */
const warningCharactersMax = 4 << 10;
const cutWarningCharactersMax = 256;

export function warn(request: { readonly warnings: string[] }, text: string): void {
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
