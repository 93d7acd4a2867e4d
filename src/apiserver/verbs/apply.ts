/** Server-side apply. */

import type { ResourceRequest } from '#apiserver/request.ts';
import { unsupportedMediaTypeError } from '#machinery/api-error.ts';

export async function apply(_request: ResourceRequest): Promise<void> {
  throw unsupportedMediaTypeError('415: Unsupported Media Type', {});
}
