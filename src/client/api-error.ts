/** A refusal by the server, as a value with its reason. What else goes wrong (no connection) stays the error it was. */

import type { Status, StatusCause } from '#machinery/meta.ts';

export class ApiError extends Error {
  override name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly status: Status;
  /** From the Retry-After header. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: Status, retryAfterSeconds?: number) {
    super(status.message ?? `the server answered ${status.code}`);
    this.status = status;
    this.code = status.code ?? 500;
    this.reason = status.reason ?? '';
    this.retryAfterSeconds = retryAfterSeconds ?? status.details?.retryAfterSeconds;
  }

  get causes(): readonly StatusCause[] {
    return this.status.details?.causes ?? [];
  }
}

const hasReason = (error: unknown, reason: string) => error instanceof ApiError && error.reason === reason;
const hasCause = (error: unknown, reason: string) =>
  error instanceof ApiError && error.causes.some(cause => cause.reason === reason);

export const isNotFound = (error: unknown) => hasReason(error, 'NotFound');
export const isAlreadyExists = (error: unknown) => hasReason(error, 'AlreadyExists');
export const isConflict = (error: unknown) => hasReason(error, 'Conflict');
export const isInvalid = (error: unknown) => hasReason(error, 'Invalid');
export const isForbidden = (error: unknown) => hasReason(error, 'Forbidden');
export const isUnauthorized = (error: unknown) => hasReason(error, 'Unauthorized');
export const isMethodNotSupported = (error: unknown) => hasReason(error, 'MethodNotAllowed');
export const isTooManyRequests = (error: unknown) => hasReason(error, 'TooManyRequests');
/** The resource version is too old to go on from; list again. */
export const isExpired = (error: unknown) => hasReason(error, 'Expired') || hasReason(error, 'Gone');
/** The namespace is being deleted, so nothing new can be made in it. */
export const isNamespaceTerminating = (error: unknown) => hasCause(error, 'NamespaceTerminating');
