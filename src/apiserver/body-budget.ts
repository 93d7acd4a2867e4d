/**
 * Bytes of bodies that are in memory at once, of all requests under way. One user has a part of it, so that who sends many
 * long ones slowly keeps only himself waiting. Upstream bounds the number of requests instead (`--max-requests-inflight`).
 */

/** Of all users: some eighty of the longest bodies. */
const bytesMax = 256 << 20;
const userBytesMax = 64 << 20;

export class BodyBudget {
  readonly #byUser = new Map<string, number>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** False: there is no room now. */
  take(userName: string, bytes: number): boolean {
    const own = (this.#byUser.get(userName) ?? 0) + bytes;
    if (own > userBytesMax || this.#bytes + bytes > bytesMax) return false;
    this.#byUser.set(userName, own);
    this.#bytes += bytes;
    return true;
  }

  give(userName: string, bytes: number): void {
    const left = (this.#byUser.get(userName) ?? 0) - bytes;
    if (left > 0) this.#byUser.set(userName, left);
    else this.#byUser.delete(userName);
    this.#bytes -= bytes;
  }
}
