/**
 * Assertions about our own code. Input from outside never reaches one: it gets an error value with a message for a person.
 */

export class AssertionError extends Error {
  override name = 'AssertionError';
}

/** Always on and cheap. The message may be a function, so that building it costs nothing while the condition holds. */
export function assert(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new AssertionError(typeof message === 'string' ? message : message());
}

/** The value, or a failed assertion when it is absent. */
export function must<T>(value: T | undefined | null, message: string | (() => string)): T {
  assert(value !== undefined && value !== null, message);
  return value;
}

/** For the branch that the types say cannot be taken. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
