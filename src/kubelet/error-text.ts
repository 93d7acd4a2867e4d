/** What went wrong, in the words that go into an Event or a status. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
