/**
 * What a request is refused with: a `Status` on the wire. The constructors carry upstream's wording
 * (k8s.io/apimachinery/pkg/api/errors), so that one call says code, reason, message and details at once.
 */

import type { Status, StatusCause, StatusDetails } from '#machinery/meta.ts';
import type { FieldErrors } from '#machinery/validation/field-error.ts';
import { fieldErrorsMax, quote } from '#machinery/validation/field-error.ts';

const codes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  ServerTimeout: 500,
  Timeout: 504,
} as const;

export type StatusReason = keyof typeof codes;

/** A resource as messages name it: `deployments.apps`, `pods`. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

export interface ApiErrorOptions {
  readonly details?: StatusDetails;
  /** Where it is not the reason's own. */
  readonly code?: number;
  /** Seconds, sent as a header too. */
  readonly retryAfter?: number;
}

export class ApiError extends Error {
  override name = 'ApiError';
  readonly reason: StatusReason | '';
  readonly code: number;
  readonly details: StatusDetails | undefined;
  constructor(reason: StatusReason | '', message: string, options: ApiErrorOptions = {}) {
    super(message);
    this.reason = reason;
    this.code = options.code ?? (reason === '' ? 500 : codes[reason]);
    this.details =
      options.retryAfter === undefined
        ? options.details
        : { ...options.details, retryAfterSeconds: options.retryAfter };
  }

  /** The object on the wire, keys in upstream's order. */
  get status(): Status {
    const { message, reason, details, code } = this;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === '' ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

function qualified({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** `details` of an object: empty fields are left out, `kind` is the resource as upstream has it. */
function detailsOf(resource: GroupResource, name: string, causes?: readonly StatusCause[]): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    ...(resource.resource === '' ? {} : { kind: resource.resource }),
    ...(causes === undefined || causes.length === 0 ? {} : { causes: [...causes] }),
  };
}

/** `pods "x" is forbidden: …`, `pods is forbidden: …`, and for a path `forbidden: …`. */
export function forbiddenError(
  resource: GroupResource,
  name: string,
  why: string,
  causes?: readonly StatusCause[],
): ApiError {
  const what =
    resource.resource === ''
      ? ''
      : name === ''
        ? `${qualified(resource)} is `
        : `${qualified(resource)} ${quote(name)} is `;
  return new ApiError('Forbidden', `${what}forbidden: ${why}`, { details: detailsOf(resource, name, causes) });
}

export function notFoundError(resource: GroupResource, name: string): ApiError {
  return new ApiError('NotFound', `${qualified(resource)} ${quote(name)} not found`, {
    details: detailsOf(resource, name),
  });
}

export function conflictError(resource: GroupResource, name: string, why: string): ApiError {
  return new ApiError('Conflict', `Operation cannot be fulfilled on ${qualified(resource)} ${quote(name)}: ${why}`, {
    details: detailsOf(resource, name),
  });
}

export function badRequestError(message: string): ApiError {
  return new ApiError('BadRequest', message);
}

export function internalError(why: string): ApiError {
  return new ApiError('InternalError', `Internal error occurred: ${why}`, { details: { causes: [{ message: why }] } });
}

/** 422, one cause for each field. `kind` is a kind, not a resource: `Deployment.apps "web" is invalid: …`. */
/** All messages together, but for the first: each of a thousand errors may show the whole body. */
const toldCharactersMax = 1 << 20;

function told(errors: FieldErrors): StatusCause[] {
  const causes: StatusCause[] = [];
  let characters = 0;
  for (const { type, path, message } of errors) {
    causes.push({ reason: type, message, field: shownPath(path) });
    characters += message.length;
    if (causes.length >= fieldErrorsMax || characters > toldCharactersMax) break;
  }
  return causes;
}

export function invalidError(kind: { group: string; kind: string }, name: string, errors: FieldErrors): ApiError {
  const causes = told(errors);
  const texts = [...new Set(causes.map(each => `${each.field}: ${each.message}`))];
  const why = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const named = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return new ApiError('Invalid', `${named} ${quote(name)} is invalid: ${why}`, {
    details: detailsOf({ group: kind.group, resource: kind.kind }, name, causes),
  });
}

/** How Go prints the path of nothing in particular. */
function shownPath(path: string): string {
  return path === '' ? '<nil>' : path;
}

export function alreadyExistsError(resource: GroupResource, name: string): ApiError {
  return new ApiError('AlreadyExists', `${qualified(resource)} ${quote(name)} already exists`, {
    details: detailsOf(resource, name),
  });
}

export const objectModified =
  'the object has been modified; please apply your changes to the latest version and try again';

/** The version asked for has not come, and did not within the time that a read waits for it. */
export function tooLargeRevisionError(asked: number, current: number): ApiError {
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  const message = `Timeout: Too large resource version: ${BigInt(asked)}, current: ${current}`;
  return new ApiError('Timeout', message, { details: { causes, retryAfterSeconds: 1 } });
}

/** Nothing is served at the path. */
export function noSuchPathError(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource', { details: {} });
}

export function methodNotAllowedError(): ApiError {
  return new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {
    details: {},
  });
}

/** The kind cannot do it, though its path and method are known: `componentstatuses` are listed and not watched. */
export function methodNotSupportedError(resource: string, action: string): ApiError {
  return new ApiError('MethodNotAllowed', `${action} is not supported on resources of kind ${quote(resource)}`, {
    details: { kind: resource },
  });
}

export function notAcceptableError(message: string, details?: StatusDetails): ApiError {
  return new ApiError('NotAcceptable', message, details === undefined ? {} : { details });
}

export function unsupportedMediaTypeError(message: string, details?: StatusDetails): ApiError {
  return new ApiError('UnsupportedMediaType', message, details === undefined ? {} : { details });
}

/** 500 without a reason: what upstream answers for an error that it never gave a type. */
export function untypedError(message: string, code = 500): ApiError {
  return new ApiError('', message, { code });
}

export function tooManyRequestsError(message: string, retryAfter: number): ApiError {
  return new ApiError('TooManyRequests', message, { details: {}, ...(retryAfter > 0 ? { retryAfter } : {}) });
}

/** What a DELETE that removed the object answers. */
export function successStatus(resource: GroupResource, name: string, uid: string | undefined): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...detailsOf(resource, name), ...(uid === undefined ? {} : { uid }) },
  };
}
