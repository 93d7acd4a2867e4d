/** Parameters for a driver: what they mean is its own affair, how many there are is not. */

import { type FieldError, invalid, tooLong } from '#machinery/validation/field-error.ts';

const countMax = 512;
const bytesMax = 256 * 1024;

export function inspectParameters(
  parameters: Readonly<Record<string, string>>,
  path: string,
  errors: FieldError[],
): void {
  const entries = Object.entries(parameters);
  if (entries.length > countMax) {
    errors.push(tooLong(path, countMax));
    return;
  }
  let bytes = 0;
  for (const [key, value] of entries) {
    if (key === '') errors.push(invalid(path, key, 'field can not be empty.'));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > bytesMax) errors.push(tooLong(path, bytesMax));
}
