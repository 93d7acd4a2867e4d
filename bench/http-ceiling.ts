/**
 * How near our server comes to what Node can do at all: gets of prepared bytes over TLS and HTTP/2, against the barest
 * server on Node's core streams, side by side in one run. `node bench/http-ceiling.ts [seconds]`
 */

import { connect, createSecureServer, type ServerHttp2Stream } from 'node:http2';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { systemClock } from '#lib/clock.ts';
import { HttpServer } from '#lib/http/server.ts';
import { type TestCertificate, testCa } from '#testing/certificates.ts';

const bodyBytes = 2048;
const connectionCount = 4;
const streamsPerConnection = 32;
type Variant = 'bare' | 'proa';

if (parentPort === null) await compare(Number(process.argv[2] ?? 3) * 1000);
else await serve(workerData);

async function serve({ variant, tls }: { variant: Variant; tls: TestCertificate }): Promise<void> {
  const body = Buffer.alloc(bodyBytes, 'x');
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache, private' };
  if (variant === 'proa') {
    const server = new HttpServer({
      clock: systemClock,
      tls,
      handler: exchange => exchange.reply(200, headers, body),
    });
    parentPort!.postMessage((await server.listen({ host: '127.0.0.1', port: 0 })).port);
    return;
  }
  const server = createSecureServer({ cert: tls.certificate, key: tls.key });
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 200, ...headers, 'content-length': bodyBytes });
    stream.end(body);
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object') parentPort!.postMessage(address?.port);
  });
}

async function compare(durationMs: number): Promise<void> {
  const ca = testCa('bench', systemClock.nowMs());
  const tls = ca.issue({ commonName: 'server' }, { server: true });
  const rates: Record<Variant, number[]> = { bare: [], proa: [] };
  for (const variant of ['bare', 'proa', 'bare', 'proa'] as const) {
    const worker = new Worker(new URL(import.meta.url), { workerData: { variant, tls } });
    const port = await new Promise<number>(resolve => worker.once('message', resolve));
    const rate = await measure(port, ca.certificate, durationMs);
    rates[variant].push(rate);
    console.log(`http/get/${variant}: ${Math.round(rate)} requests/s`);
    await worker.terminate();
  }
  const ratio = Math.max(...rates.proa) / Math.max(...rates.bare);
  console.log(`proa reaches ${(100 * ratio).toFixed(0)} % of the bare server`);
}

async function measure(port: number, ca: string, durationMs: number): Promise<number> {
  let count = 0;
  const startMs = systemClock.monotonicMs();
  const endMs = startMs + durationMs;
  const sessions = Array.from({ length: connectionCount }, () => connect(`https://127.0.0.1:${port}`, { ca }));
  const loops = sessions.flatMap(session =>
    Array.from({ length: streamsPerConnection }, async () => {
      while (systemClock.monotonicMs() < endMs) {
        await new Promise<void>((resolve, reject) => {
          const stream = session.request({ ':path': '/api/v1/namespaces/default/pods/web' });
          stream.on('data', () => {});
          stream.on('close', resolve);
          stream.on('error', reject);
        });
        count++;
      }
    }),
  );
  await Promise.all(loops);
  const rate = (count * 1000) / (systemClock.monotonicMs() - startMs);
  for (const session of sessions) session.destroy();
  return rate;
}
