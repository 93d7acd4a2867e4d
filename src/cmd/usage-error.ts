/** What the person typed cannot be done; the message says what can. Exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}
