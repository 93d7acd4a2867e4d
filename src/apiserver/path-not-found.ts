import { ApiError } from '#machinery/api-error.ts';

/** Nothing at all is registered at a path: a plain 404 page instead of a Status. */
export class PathNotFound extends ApiError {
  constructor() {
    super('NotFound', '404 page not found');
  }
}
