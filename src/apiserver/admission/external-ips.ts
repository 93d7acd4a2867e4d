/**
 * A Service with `externalIPs` takes over the traffic of its whole cluster to those addresses (CVE-2020-8554, which upstream
 * leaves open). So adding one needs a verb of our own, `set-external-ips` on services, which `system:masters` has and no
 * other built-in role.
 */

import type { Admission } from '#apiserver/admission/admission.ts';
import { on, refusal } from '#apiserver/admission/admission.ts';
import type { Authorizer } from '#apiserver/authz/authorizer.ts';
import { resourceAccess } from '#apiserver/authz/authorizer.ts';
import { quote } from '#machinery/validation/field-error.ts';

const verb = 'set-external-ips';

export function externalIps(authorizer: Authorizer): Admission {
  return {
    name: 'ExternalIPs',
    handles: on(['CREATE', 'UPDATE'], '', 'services'),
    validate(request) {
      const { object, old, namespace, user } = request;
      const before: readonly string[] = old?.spec?.externalIPs ?? [];
      const added = ((object.spec?.externalIPs ?? []) as string[]).filter(each => !before.includes(each));
      if (added.length === 0) return;
      const name = request.name || (object.metadata?.name ?? '');
      const access = resourceAccess({ verb, version: 'v1', resource: 'services', namespace, name });
      if (authorizer.authorize(user, access).decision === 'allow') return;
      const what = `spec.externalIPs (${added.join(', ')})`;
      throw refusal(request, `user ${quote(user.name)} needs the verb ${quote(verb)} on services to add ${what}`);
    },
  };
}
