/**
 * Puts an API server together: caches over a store, the resources, who may do what, what admission adds and refuses. `cmd`
 * gives it a port, `testing` an in-memory transport.
 */

import type { KeyObject } from 'node:crypto';
import { flowSchemas } from '#api/flowcontrol/flow-schema.ts';
import { priorityLevelConfigurations } from '#api/flowcontrol/priority-level-configuration.ts';
import { admissionChain } from '#apiserver/admission/admission.ts';
import { makeAllocation } from '#apiserver/allocation/allocation.ts';
import { openIdHandler } from '#apiserver/authn/openid.ts';
import type { ServiceAccountTokens } from '#apiserver/authn/service-account-tokens.ts';
import { makeUser } from '#apiserver/authn/user.ts';
import {
  bootstrap,
  type ObjectWriter,
  type StatusApplier,
  type StatusWriter,
} from '#apiserver/authz/bootstrap/reconcile.ts';
import { BodyBudget } from '#apiserver/body-budget.ts';
import { objectsOf } from '#apiserver/cache-objects.ts';
import { discoveryHandler } from '#apiserver/discovery/handlers.ts';
import { rootHandler } from '#apiserver/discovery/root.ts';
import { type Health, healthHandler, versionHandler } from '#apiserver/health.ts';
import { internalWriter } from '#apiserver/internal-writer.ts';
import { publishAuthenticationInfo, publishTokenTracking } from '#apiserver/loops/authentication-info.ts';
import { startFlowSchemaStatus } from '#apiserver/loops/flow-schema-status.ts';
import { registerLocalServices } from '#apiserver/loops/local-api-services.ts';
import { RequestMetrics } from '#apiserver/metrics.ts';
import { metricsHandler } from '#apiserver/metrics-pages.ts';
import { OpenApi } from '#apiserver/openapi/handlers.ts';
import { buildRegistry } from '#apiserver/registry.ts';
import type { Server } from '#apiserver/request.ts';
import { reviewHandlers, tokenHandler } from '#apiserver/reviews.ts';
import type { ServedResources } from '#apiserver/served.ts';
import { createServer } from '#apiserver/server.ts';
import { bindNamedPod } from '#apiserver/subresources/binding.ts';
import { componentStatusHandlers } from '#apiserver/subresources/component-statuses.ts';
import { connectHandlers } from '#apiserver/subresources/connect.ts';
import { Kubelets } from '#apiserver/subresources/kubelets.ts';
import { proxyHandlers } from '#apiserver/subresources/proxy.ts';
import { makeTrust, trustResources } from '#apiserver/trust.ts';
import { YamlReader } from '#apiserver/yaml/yaml-reader.ts';
import type { Clock } from '#lib/clock.ts';
import type { ClientTls, Dial } from '#lib/http/connect.ts';
import type { Random } from '#lib/random.ts';
import type { Resource } from '#machinery/resource.ts';
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
  /** What the server shows to kubelets, and whom it trusts there. */
  readonly kubeletTls?: (() => ClientTls) | undefined;
  /** How nodes and Pods are reached; undefined: directly. */
  readonly dialCluster?: Dial | undefined;
  readonly cacheBytesMax?: number;
}

export interface ApiServer {
  readonly server: Server;
  readonly feed: Feed;
  /** Reads and writes as the server itself. */
  readonly writer: ObjectWriter & StatusWriter;
  readonly tokens: ServiceAccountTokens;
  close(): void;
}

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, clock, random } = options;
  const budget = new ByteBudget(options.cacheBytesMax ?? cacheBytesMaxDefault);
  const feed = new Feed({ store, clock, budget });
  await feed.start();
  const resources = buildRegistry(feed);
  await Promise.all(
    trustResources.map(each => resources.find(each.group, each.version, each.plural)?.stored.cache.ready()),
  );
  const trust = makeTrust({
    ...options,
    issuer,
    objects: <T>(resource: Resource<T>) => objectsOf(resources, resource),
  });
  const { serviceAccountTokens: tokens, lookups } = trust;
  const health = healthOf();
  const kubelets = new Kubelets({ clock, tls: options.kubeletTls ?? (() => ({})), dial: options.dialCluster });
  const openApi = new OpenApi(() => resources);
  const allocation = makeAllocation({ store, clock, random, resources, writer: () => writer });
  const metrics = new RequestMetrics(clock, resources);
  const yaml = new YamlReader(clock);
  const startSeconds = clock.nowMs() / 1000;
  const server = createServer({
    clock,
    random,
    store,
    resources,
    authenticator: trust.authenticator,
    authorizer: trust.authorizer,
    impersonate: trust.impersonate,
    admission: admissionChain(trust.admission),
    allocation,
    ownVerbs: {
      ...reviewHandlers(trust),
      bindings: { create: bindNamedPod },
      componentstatuses: componentStatusHandlers,
    },
    connectors: {
      'serviceaccounts/token': { POST: tokenHandler({ tokens, lookups }) },
      ...connectHandlers(kubelets),
      ...proxyHandlers({ clock, kubelets, dial: options.dialCluster }),
    },
    paths: {
      find: path =>
        discoveryHandler(path, options.advertised) ??
        healthHandler(path, health) ??
        metricsHandler(path, metrics, health, startSeconds) ??
        (path === '/' ? rootHandler(health) : undefined) ??
        openIdHandler(path, tokens, options.advertised) ??
        openApi.find(path) ??
        (path === '/version' || path === '/version/' ? versionHandler : undefined),
    },
    metrics,
    yaml,
    bodies: new BodyBudget(),
    log: options.log,
  });
  const writer = internalWriter(server, makeUser({ name: 'system:apiserver', groups: ['system:masters'] }));
  await bootstrap(writer);
  await Promise.all([
    publishAuthenticationInfo(writer, options),
    publishTokenTracking(writer, clock.nowMs()),
    registerLocalServices(writer, clock.nowMs()),
  ]);
  await feed.ready();
  await allocation.repair();
  const compactor = startLoops(feed, resources, writer, options);
  const close = () => {
    compactor.close();
    yaml.close();
    feed.close();
  };
  return { server, feed, writer, tokens, close };
}

/** What goes on inside the server for as long as it runs. */
function startLoops(
  feed: Feed,
  resources: ServedResources,
  writer: StatusWriter & StatusApplier,
  { clock, log }: ApiServerOptions,
): { close(): void } {
  startFlowSchemaStatus({
    flowSchemas: objectsOf(resources, flowSchemas),
    priorityLevels: objectsOf(resources, priorityLevelConfigurations),
    writer,
    clock,
    onError: error => log(`the status of a flow schema: ${error}`),
  });
  feed.beginHistory();
  return startCompactor({ feed, clock, onError: error => log(`compact the store: ${error.message}`) });
}

/** Upstream's names in upstream's order: monitors exclude and ask for them one by one. */
const checkNames = [
  'ping',
  'log',
  'loopback-serving-certificate',
  'etcd',
  'etcd-readiness',
  'informer-sync',
  'poststarthook/start-apiserver-admission-initializer',
  'poststarthook/generic-apiserver-start-informers',
  'poststarthook/priority-and-fairness-config-consumer',
  'poststarthook/priority-and-fairness-filter',
  'poststarthook/storage-object-count-tracker-hook',
  'poststarthook/start-apiextensions-informers',
  'poststarthook/start-apiextensions-controllers',
  'poststarthook/crd-informer-synced',
  'poststarthook/start-system-namespaces-controller',
  'poststarthook/peer-endpoint-reconciler-controller',
  'poststarthook/start-cluster-authentication-info-controller',
  'poststarthook/start-kube-apiserver-identity-lease-controller',
  'poststarthook/start-kube-apiserver-identity-lease-garbage-collector',
  'poststarthook/storage-readiness',
  'poststarthook/start-legacy-token-tracking-controller',
  'poststarthook/start-service-ip-repair-controllers',
  'poststarthook/rbac/bootstrap-roles',
  'poststarthook/scheduling/bootstrap-system-priority-classes',
  'poststarthook/priority-and-fairness-config-producer',
  'poststarthook/bootstrap-controller',
  'poststarthook/start-kubernetes-service-cidr-controller',
  'poststarthook/aggregator-reload-proxy-client-cert',
  'poststarthook/start-kube-aggregator-informers',
  'poststarthook/apiservice-status-local-available-controller',
  'poststarthook/apiservice-status-remote-available-controller',
  'poststarthook/apiservice-registration-controller',
  'poststarthook/apiservice-discovery-controller',
  'poststarthook/kube-apiserver-autoregistration',
  'autoregister-completion',
  'poststarthook/apiservice-openapi-controller',
  'poststarthook/apiservice-openapiv3-controller',
  'shutdown',
];

/** What is checked when somebody asks whether the server is well. All of it is done once the server answers at all. */
function healthOf(): Health {
  const fine = () => undefined;
  return { checks: checkNames.map(name => [name, fine] as const) };
}
