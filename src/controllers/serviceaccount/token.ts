/** Secrets of type service-account-token: filled in while their account exists, deleted when it does not. */

import type { Secret } from '#api/core/secret.ts';
import { secrets } from '#api/core/secret.ts';
import type { ServiceAccount } from '#api/core/service-account.ts';
import { serviceAccounts } from '#api/core/service-account.ts';
import { isConflict, isNotFound } from '#client/api-error.ts';
import type { Stored } from '#client/object.ts';
import { keyOf, refOf } from '#client/object.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import type { Controller } from '#loop/controller.ts';
import { done } from '#loop/controller.ts';

const type = 'kubernetes.io/service-account-token';
const nameAnnotation = 'kubernetes.io/service-account.name';
const uidAnnotation = 'kubernetes.io/service-account.uid';

/** Signs a token that never expires; the service-account keys have one owner, who hands this in. */
export type SignLegacyToken = (account: ServiceAccount, secret: Secret) => string;

export interface TokenOptions {
  readonly rootCaPem: string;
  readonly sign: SignLegacyToken;
}

export function serviceAccountTokenController(deps: ControllerDeps, { rootCaPem, sign }: TokenOptions): Controller {
  const { client, informers } = deps;
  const accounts = informers.of(serviceAccounts);
  const all = informers.of(secrets, { fieldSelector: `type=${type}` });
  const accountOf = (secret: Stored<Secret>) => {
    const { namespace, annotations } = secret.metadata;
    const account = accounts.get(namespace, annotations?.[nameAnnotation] ?? '');
    const uid = annotations?.[uidAnnotation];
    return account !== undefined && (!uid || uid === account.metadata.uid) ? account : undefined;
  };

  async function fill(secret: Stored<Secret>, account: Stored<ServiceAccount>): Promise<void> {
    const { metadata, data = {} } = secret;
    const ca = base64(rootCaPem);
    const namespace = base64(metadata.namespace ?? '');
    const noted = metadata.annotations?.[uidAnnotation] === account.metadata.uid;
    if (noted && data['token'] && data['ca.crt'] === ca && data['namespace'] === namespace) return;
    const token = data['token'] || base64(sign(account, secret));
    const annotations = {
      ...metadata.annotations,
      [nameAnnotation]: account.metadata.name,
      [uidAnnotation]: account.metadata.uid,
    };
    await client.update(secrets, {
      ...secret,
      metadata: { ...metadata, annotations },
      data: { ...data, 'ca.crt': ca, namespace, token },
    });
  }

  /** Asks the server itself first: the copy of the accounts may be behind that of the Secrets. */
  async function removeUnlessAlive(secret: Stored<Secret>): Promise<void> {
    const { namespace, annotations, uid, resourceVersion } = secret.metadata;
    const name = annotations?.[nameAnnotation];
    if (!name) return;
    const account = await client.get(serviceAccounts, { namespace, name }).catch(error => {
      if (!isNotFound(error)) throw error;
      return undefined;
    });
    const wanted = annotations?.[uidAnnotation];
    if (account !== undefined && (!wanted || wanted === account.metadata.uid)) return fill(secret, account);
    await client.delete(secrets, refOf(secret), { preconditions: { uid, resourceVersion } }).catch(error => {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    });
  }

  return {
    name: 'serviceaccount-token-controller',
    reads: [accounts, all],
    workers: 5,
    wake(queue) {
      const wake = (secret: Stored<Secret>) => queue.add(keyOf(secret));
      all.on({ add: wake, update: (_, secret) => wake(secret) });
      const wakeSecretsOf = ({ metadata }: Stored<ServiceAccount>) => {
        for (const secret of all.inNamespace(metadata.namespace ?? '')) {
          if (secret.metadata.annotations?.[nameAnnotation] === metadata.name) wake(secret);
        }
      };
      accounts.on({ add: wakeSecretsOf, delete: wakeSecretsOf });
    },
    async reconcile(key) {
      const secret = all.byKey(key);
      if (secret === undefined || secret.metadata.deletionTimestamp) return done;
      const account = accountOf(secret);
      await (account === undefined ? removeUnlessAlive(secret) : fill(secret, account));
      return done;
    },
  };
}

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');
