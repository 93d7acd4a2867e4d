/**
 * The thread of the controllers and the scheduler: they talk to the API server as anybody would, over TLS, so that neither
 * stalls a request.
 */

import { workerData } from 'node:worker_threads';
import { tokenForSecret } from '#apiserver/authn/service-account-tokens.ts';
import { Client } from '#client/client.ts';
import { Informers } from '#client/informer.ts';
import { jsonTransport } from '#client/json-transport.ts';
import { collectOnce } from '#cmd/processes/collect-once.ts';
import type { LoopsData } from '#cmd/processes/loops.ts';
import { standardLog } from '#cmd/standard-log.ts';
import { startControllers } from '#controllers/start.ts';
import { systemClock as clock } from '#lib/clock.ts';
import { HttpClient } from '#lib/http/client.ts';
import { pemBlocks, readKey } from '#lib/pki.ts';
import { systemRandom as random } from '#lib/random.ts';
import { startScheduler } from '#scheduler/scheduler.ts';

const data = workerData as LoopsData;
const serviceAccountKey = readKey(data.serviceAccountKeyPem);

function clientAs(credentials: LoopsData['controllerManager'], userAgent: string): Client {
  const http = new HttpClient({
    url: data.url,
    clock,
    tls: () => ({ ca: data.caPem, certificate: credentials.certificatePem, key: credentials.keyPem }),
  });
  return new Client({ transport: jsonTransport({ transport: http.request, userAgent }), clock });
}

startControllers({
  client: clientAs(data.controllerManager, 'kube-controller-manager/v1.36.3'),
  clock,
  random,
  log: standardLog('controllers'),
  controllers: data.controllers,
  rootCaPem: data.caPem,
  signLegacyToken: ({ metadata }, secret) => {
    const { namespace = '', name = '', uid = '' } = metadata ?? {};
    return tokenForSecret(serviceAccountKey, namespace, { name, uid }, secret.metadata?.name ?? '');
  },
  clusterCidr: data.podRange,
  signingAuthority: { certificate: pemBlocks(data.caPem, 'CERTIFICATE')[0]!, key: readKey(data.caKeyPem) },
});

if (data.scheduler) {
  const client = clientAs(data.schedulerCredentials, 'kube-scheduler/v1.36.3');
  const log = standardLog('scheduler');
  const onError = ({ plural }: { plural: string }, error: unknown) =>
    log.warn('cannot follow', { plural, error: String(error) });
  const informers = new Informers({ client, clock, random, onError });
  startScheduler({ client, informers, clock, random, log, signal: new AbortController().signal });
}

collectOnce(clock);
