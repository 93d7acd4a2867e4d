/**
 * How long a Pod takes from its creation to Running, one after the other, as a watcher sees it.
 * `KUBECONFIG=FILE node bench/first-running.ts IMAGE [COUNT]`; the image is on the nodes already.
 */

import { pods } from '#api/core/pod.ts';
import { connectByKubeconfig } from '#cmd/api-client.ts';
import { systemClock } from '#lib/clock.ts';

const namespace = 'default';
const [image, count = '30'] = process.argv.slice(2);
const file = process.env['KUBECONFIG'];
if (image === undefined || file === undefined) throw new Error('usage: KUBECONFIG=FILE first-running.ts IMAGE [COUNT]');
const { client, close } = connectByKubeconfig(file, 'bench', systemClock);

async function msToRunning(name: string): Promise<number> {
  const startMs = performance.now();
  const pod = await client.create(pods, {
    metadata: { name, namespace },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image, imagePullPolicy: 'Never' }] },
  });
  const selection = {
    namespace,
    fieldSelector: `metadata.name=${name}`,
    resourceVersion: pod.metadata.resourceVersion,
  };
  for await (const { object } of client.watch(pods, selection)) {
    if (object.status?.phase === 'Running') return performance.now() - startMs;
  }
  throw new Error(`the watch of Pod ${name} ended before it ran`);
}

const times: number[] = [];
for (let i = 0; i < Number(count); i++) {
  const name = `first-running-${i}`;
  times.push(await msToRunning(name));
  await client.delete(pods, { namespace, name });
}
times.sort((a, b) => a - b);
const at = (share: number) => Math.round(times[Math.floor(share * (times.length - 1))]!);
console.log(`${times.length} Pods from create to Running: median ${at(0.5)} ms, best ${at(0)} ms, worst ${at(1)} ms`);
close();
