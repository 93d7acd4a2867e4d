/**
 * Puts an API server together: caches over a store, the resources, who may do what, what admission adds and refuses. `cmd`
 * gives it a port, `testing` an in-memory transport.
 */

import { admissionChain } from '#apiserver/admission/admission.ts';
import { namespaceLifecycle } from '#apiserver/admission/namespace-lifecycle.ts';
import { priorityAdmission } from '#apiserver/admission/priority.ts';
import { serviceAccountAdmission } from '#apiserver/admission/service-account.ts';
import { defaultTolerationSeconds } from '#apiserver/admission/tolerations.ts';
import type { Authenticator } from '#apiserver/authn/authenticator.ts';
import { bearerAuthenticator, unionTokens } from '#apiserver/authn/bearer.ts';
import { bootstrapTokens } from '#apiserver/authn/bootstrap-tokens.ts';
import { clientCertificateAuthenticator } from '#apiserver/authn/client-certificate.ts';
import { frontProxyAuthenticator } from '#apiserver/authn/front-proxy.ts';
import { impersonator } from '#apiserver/authn/impersonation.ts';
import { ServiceAccountTokens } from '#apiserver/authn/service-account-tokens.ts';
import { unionAuthenticator } from '#apiserver/authn/union.ts';
import { makeUser } from '#apiserver/authn/user.ts';
import { unionAuthorizer } from '#apiserver/authz/authorizer.ts';
import { bootstrap, type ObjectWriter } from '#apiserver/authz/bootstrap/reconcile.ts';
import { Bindings } from '#apiserver/authz/rbac/bindings.ts';
import { rbacEscalation } from '#apiserver/authz/rbac/escalation.ts';
import { rbacAuthorizer } from '#apiserver/authz/rbac/rbac-authorizer.ts';
import { objectsOf } from '#apiserver/cache-objects.ts';
import { discoveryHandler } from '#apiserver/discovery/handlers.ts';
import { type Health, healthHandler, versionHandler } from '#apiserver/health.ts';
import { internalWriter } from '#apiserver/internal-writer.ts';
import { buildRegistry } from '#apiserver/registry.ts';
import type { Objects } from '#apiserver/objects.ts';
import { createServer, type Server } from '#apiserver/server.ts';
import { namespaces } from '#api/core/namespace.ts';
import { nodes } from '#api/core/node.ts';
import { pods } from '#api/core/pod.ts';
import { type Secret, secrets } from '#api/core/secret.ts';
import { serviceAccounts } from '#api/core/service-account.ts';
import { clusterRoleBindings } from '#api/rbac/cluster-role-binding.ts';
import { clusterRoles } from '#api/rbac/cluster-role.ts';
import { roleBindings } from '#api/rbac/role-binding.ts';
import { roles } from '#api/rbac/role.ts';
import { priorityClasses } from '#api/scheduling/priority-class.ts';
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import type { KeyObject } from 'node:crypto';
import type { Store } from '#store/store.ts';
import { ByteBudget } from '#watch/byte-budget.ts';
import { startCompactor } from '#watch/compactor.ts';
import { Feed } from '#watch/feed.ts';

/** Bytes of encoded objects that the caches may keep beside the stored ones. */
const cacheBytesMaxDefault = 128 << 20;

export const issuer = 'https://kubernetes.default.svc.cluster.local';

export interface ApiServerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (text: string) => void;
  /** The CA whose certificates name users, in DER. */
  readonly clientAuthority: Uint8Array;
  readonly frontProxyAuthority: Uint8Array;
  /** The first signs tokens of service accounts; all verify. */
  readonly serviceAccountKeys: readonly KeyObject[];
  /** Where clients find it: `127.0.0.1:6443`. Asked for when it is needed. */
  readonly advertised: () => string;
  readonly cacheBytesMax?: number;
}

export interface ApiServer {
  readonly server: Server;
  readonly feed: Feed;
  /** Reads and writes as the server itself. */
  readonly writer: ObjectWriter;
  readonly tokens: ServiceAccountTokens;
  close(): void;
}

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, clock, random } = options;
  const budget = new ByteBudget(options.cacheBytesMax ?? cacheBytesMaxDefault);
  const feed = new Feed({ store, clock, budget });
  await feed.start();
  const resources = buildRegistry(feed, {});
  const watched = [
    namespaces, nodes, pods, secrets, serviceAccounts, clusterRoleBindings, clusterRoles, roleBindings, roles, priorityClasses,
  ];
  await Promise.all(watched.map(each => resources.find(each.group, each.version, each.plural)?.stored.cache.ready()));
  const objects = {
    namespaces: objectsOf(resources, namespaces),
    nodes: objectsOf(resources, nodes),
    pods: objectsOf(resources, pods),
    secrets: objectsOf(resources, secrets),
    serviceAccounts: objectsOf(resources, serviceAccounts),
  };
  const bindings = new Bindings({
    roles: objectsOf(resources, roles),
    roleBindings: objectsOf(resources, roleBindings),
    clusterRoles: objectsOf(resources, clusterRoles),
    clusterRoleBindings: objectsOf(resources, clusterRoleBindings),
  });
  const authorizer = unionAuthorizer([rbacAuthorizer(bindings)]);
  const tokens = new ServiceAccountTokens({
    issuer,
    audiences: [issuer],
    keys: options.serviceAccountKeys,
    lookups: objects,
    clock,
    random,
  });
  const health = healthOf();
  const server = createServer({
    clock,
    random,
    store,
    resources,
    authenticator: authenticatorOf(options, tokens, objects),
    authorizer,
    impersonate: impersonator(authorizer),
    admission: admissionChain([
      namespaceLifecycle(objects.namespaces),
      serviceAccountAdmission({ serviceAccounts: objects.serviceAccounts, clock, random }),
      priorityAdmission(objectsOf(resources, priorityClasses)),
      defaultTolerationSeconds,
      rbacEscalation(bindings, authorizer),
    ]),
    allocate: async () => undefined,
    connectors: {},
    paths: {
      find: path =>
        discoveryHandler(path, options.advertised) ??
        healthHandler(path, health) ??
        (path === '/version' || path === '/version/' ? versionHandler : undefined),
    },
    log: options.log,
  });
  const writer = internalWriter(server, makeUser({ name: 'system:apiserver', groups: ['system:masters'] }));
  await bootstrap(writer);
  await feed.ready();
  feed.beginHistory();
  const compactor = startCompactor({ feed, clock, onError: error => options.log(`compact the store: ${error.message}`) });
  const close = () => {
    compactor.close();
    feed.close();
  };
  return { server, feed, writer, tokens, close };
}

function authenticatorOf(
  options: ApiServerOptions,
  tokens: ServiceAccountTokens,
  objects: { readonly secrets: Objects<Secret> },
): Authenticator {
  const { clock } = options;
  const audiences = [issuer];
  return unionAuthenticator([
    frontProxyAuthenticator({ authority: options.frontProxyAuthority, allowedNames: ['front-proxy-client'], clock }),
    clientCertificateAuthenticator(options.clientAuthority, clock),
    bearerAuthenticator(unionTokens([tokens, bootstrapTokens({ secrets: objects.secrets, audiences, clock })])),
  ]);
}

/** What is checked when somebody asks whether the server is well. All of it is done once the server answers at all. */
function healthOf(): Health {
  const fine = () => undefined;
  const names = ['ping', 'log', 'loopback-serving-certificate', 'etcd', 'etcd-readiness', 'informer-sync'];
  return { checks: [...names, 'poststarthook/rbac/bootstrap-roles', 'shutdown'].map(name => [name, fine] as const) };
}
