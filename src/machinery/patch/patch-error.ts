/** A patch that cannot be read or does not fit the object; `code` is the answer's status. */
export class PatchError extends Error {
  override name = 'PatchError';
  readonly code: 400 | 413 | 422 | 500;

  constructor(message: string, code: 400 | 413 | 422 | 500) {
    super(message);
    this.code = code;
  }
}

/** How Go names the JSON value in an error about its type: `array`, `object`, `string`. */
export function jsonTypeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' ? 'number' : typeof value;
}
