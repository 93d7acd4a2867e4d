/** All methods in turn. Whoever shows no credential is anonymous; whoever shows only bad ones is nobody. */

import type { Authenticator } from '#apiserver/authn/authenticator.ts';
import { anonymous, authenticated } from '#apiserver/authn/user.ts';

/** Always answers. In upstream's order: front proxy, client certificate, tokens. */
export function unionAuthenticator(methods: readonly Authenticator[]): Authenticator {
  return {
    authenticate(exchange) {
      const errors: string[] = [];
      for (const method of methods) {
        const found = method.authenticate(exchange);
        if (found?.user !== undefined) return { user: authenticated(found.user) };
        if (found !== undefined) errors.push(found.error);
      }
      return errors.length === 0 ? { user: anonymous } : { error: errors.join(', ') };
    },
  };
}
