/** ServiceAccounts (upstream: registry/core/serviceaccount). */

import { type ServiceAccount, serviceAccounts } from '#api/core/service-account.ts';
import { ageColumn, nameColumn } from '#apiserver/resources/columns.ts';
import { metadataAgain } from '#apiserver/resources/messages.ts';
import type { Strategy } from '#apiserver/resources/strategy.ts';

const mountableAnnotation = 'kubernetes.io/enforce-mountable-secrets';

export const serviceAccountStrategy: Strategy<ServiceAccount> = {
  resource: serviceAccounts,
  returnsDeleted: true,
  prepareCreate: nameSecretsOnly,
  prepareUpdate: nameSecretsOnly,
  validateUpdate: account => metadataAgain(account.metadata, true),
  warnOnCreate: account => warnings(account),
  warnOnUpdate: (account, old) => (isAnnotated(old) ? [] : warnings(account)),
  columns: [nameColumn, ageColumn],
};

/** They can only be Secrets of the same namespace. */
function nameSecretsOnly(account: ServiceAccount): void {
  account.secrets = account.secrets?.map(({ name }) => (name === undefined ? {} : { name }));
}

const isAnnotated = ({ metadata }: ServiceAccount): boolean =>
  metadata?.annotations?.[mountableAnnotation] !== undefined;

function warnings(account: ServiceAccount): readonly string[] {
  if (!isAnnotated(account)) return [];
  const advice = 'prefer separate namespaces to isolate access to mounted secrets';
  return [`metadata.annotations[${mountableAnnotation}]: deprecated in v1.32+; ${advice}`];
}
