/**
 * How near our server comes to what Node can do at all: prepared bytes over TLS and HTTP/2, against the barest server on
 * Node's core streams, side by side in one run. `node bench/http-ceiling.ts [seconds]`
 */

import { type ClientHttp2Session, connect, createSecureServer, type ServerHttp2Stream } from 'node:http2';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { systemClock } from '#lib/clock.ts';
import { HttpServer } from '#lib/http/server.ts';
import { type TestCertificate, testCa } from '#testing/certificates.ts';

const objectBytes = 2048;
const listBytes = 4 << 20;
const eventBytes = 1024;
const connectionCount = 4;
const getsAtOnce = 128;
const listsAtOnce = 8;
const watchersCount = 1000;
type Variant = 'bare' | 'proa';

if (parentPort === null) await compare(Number(process.argv[2] ?? 3) * 1000);
else await serve(workerData);

/** What both servers have in common: a reply to write to. */
interface Watcher {
  write(chunk: Uint8Array): boolean;
  onDrain(callback: () => void): void;
  onClose(callback: () => void): void;
}

/** Sends events without end, as fast as the watcher takes them. */
function feed(watcher: Watcher, event: Uint8Array): void {
  let isOpen = true;
  const fill = () => {
    while (isOpen && watcher.write(event));
  };
  watcher.onClose(() => {
    isOpen = false;
  });
  watcher.onDrain(fill);
  fill();
}

async function serve({ variant, tls }: { variant: Variant; tls: TestCertificate }): Promise<void> {
  const object = Buffer.alloc(objectBytes, 'x');
  const list = Array.from({ length: 16 }, () => Buffer.alloc(listBytes / 16, 'x'));
  const event = Buffer.alloc(eventBytes, 'x');
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache, private' };
  if (variant === 'proa') {
    const server = new HttpServer({
      clock: systemClock,
      tls,
      handler: exchange => {
        if (exchange.target === '/get') return exchange.reply(200, headers, object);
        if (exchange.target === '/list') return exchange.reply(200, headers, list);
        const stream = exchange.stream(200, headers);
        return feed({ ...pick(stream), onClose: callback => exchange.onClose(callback) }, event);
      },
    });
    parentPort!.postMessage((await server.listen({ host: '127.0.0.1', port: 0 })).port);
    return;
  }
  const server = createSecureServer({ cert: tls.certificate, key: tls.key, maxSessionMemory: 256 });
  server.on('stream', (stream: ServerHttp2Stream, request) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200, ...headers });
    if (request[':path'] === '/get') stream.end(object);
    else if (request[':path'] === '/list') {
      for (const part of list) stream.write(part);
      stream.end();
    } else {
      const write = (chunk: Uint8Array) => !stream.destroyed && stream.write(chunk);
      feed(
        { write, onDrain: call => void stream.on('drain', call), onClose: call => void stream.on('close', call) },
        event,
      );
    }
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object') parentPort!.postMessage(address?.port);
  });
}

function pick(stream: { write(chunk: Uint8Array): boolean; onDrain(callback: () => void): void }) {
  return {
    write: (chunk: Uint8Array) => stream.write(chunk),
    onDrain: (callback: () => void) => stream.onDrain(callback),
  };
}

async function compare(durationMs: number): Promise<void> {
  const ca = testCa('bench', systemClock.nowMs());
  const tls = ca.issue({ commonName: 'server' }, { server: true });
  for (const [name, measure, unit] of [
    ['get', gets, 'requests/s'],
    ['list-4MB', lists, 'requests/s'],
    ['watch-1000', watches, 'events/s'],
  ] as const) {
    const rates: Record<Variant, number> = { bare: 0, proa: 0 };
    for (const variant of ['bare', 'proa', 'bare', 'proa'] as const) {
      const worker = new Worker(new URL(import.meta.url), { workerData: { variant, tls } });
      const port = await new Promise<number>(resolve => worker.once('message', resolve));
      const options = { ca: ca.certificate, settings: { initialWindowSize: 1 << 20 } };
      const sessions = Array.from({ length: connectionCount }, () => connect(`https://127.0.0.1:${port}`, options));
      for (const session of sessions) {
        session.on('error', () => {}).on('connect', () => session.setLocalWindowSize(64 << 20));
      }
      const rate = await measure(sessions, durationMs);
      rates[variant] = Math.max(rates[variant], rate);
      for (const session of sessions) session.destroy();
      await worker.terminate();
    }
    const ratio = ((100 * rates.proa) / rates.bare).toFixed(0);
    const [bare, proa] = [Math.round(rates.bare), Math.round(rates.proa)];
    console.log(`http/${name}: ${proa} ${unit}, ${ratio} % of the bare server's ${bare}`);
  }
}

/** Resolves with the bytes of the reply. */
function request(session: ClientHttp2Session, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const stream = session.request({ ':path': path });
    stream.on('data', chunk => (bytes += chunk.length));
    stream.on('close', () => resolve(bytes));
    stream.on('error', reject);
  });
}

async function repeat(
  sessions: ClientHttp2Session[],
  path: string,
  atOnce: number,
  durationMs: number,
): Promise<number> {
  let count = 0;
  const startMs = systemClock.monotonicMs();
  const loops = Array.from({ length: atOnce }, async (_, i) => {
    while (systemClock.monotonicMs() < startMs + durationMs) {
      await request(sessions[i % sessions.length]!, path);
      count++;
    }
  });
  await Promise.all(loops);
  return (count * 1000) / (systemClock.monotonicMs() - startMs);
}

function gets(sessions: ClientHttp2Session[], durationMs: number): Promise<number> {
  return repeat(sessions, '/get', getsAtOnce, durationMs);
}

function lists(sessions: ClientHttp2Session[], durationMs: number): Promise<number> {
  return repeat(sessions, '/list', listsAtOnce, durationMs);
}

async function watches(sessions: ClientHttp2Session[], durationMs: number): Promise<number> {
  let bytes = 0;
  for (let i = 0; i < watchersCount; i++) {
    const stream = sessions[i % sessions.length]!.request({ ':path': '/watch' });
    stream.on('data', chunk => (bytes += chunk.length));
    stream.on('error', () => {});
  }
  const startMs = systemClock.monotonicMs();
  await new Promise<void>(resolve => systemClock.after(durationMs, resolve));
  return ((bytes / eventBytes) * 1000) / (systemClock.monotonicMs() - startMs);
}
