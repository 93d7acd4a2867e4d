/**
 * Finding out who asks. Methods are tried in turn; the first that knows the credential decides. A method answers before
 * the body is read, from the head of the request and the connection alone, and never waits: whatever it must look up is in
 * memory.
 */

import type { User } from '#apiserver/authn/user.ts';
import type { Exchange } from '#lib/http/exchange.ts';

/**
 * `user`: that is who. `error`: a credential was given and is not good (the client learns only "Unauthorized").
 * undefined: nothing in the request concerns this method.
 */
export type Authentication =
  | { readonly user: User; readonly error?: undefined }
  | { readonly error: string; readonly user?: undefined };

export interface Authenticator {
  authenticate(exchange: Exchange): Authentication | undefined;
}
