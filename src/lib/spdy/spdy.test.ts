import assert from 'node:assert/strict';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { constants, createDeflate, deflateSync } from 'node:zlib';
import { SpdyConnection } from './connection.ts';
import { headerDictionary } from './dictionary.ts';
import { SpdyError } from './error.ts';
import {
  dataFrame,
  type Frame,
  FrameReader,
  goawayFrame,
  openFrame,
  pingFrame,
  replyFrame,
  resetFrame,
} from './frames.ts';
import { HeaderDecoder, HeaderEncoder, headerBytesMax, type SpdyHeaders } from './headers.ts';
import { type SpdyStream, streamBufferBytesMax } from './stream.ts';

/** A small generator of our own: the same numbers for the same seed (xorshift32). */
function numbers(seed: number): (below: number) => number {
  let state = seed | 1;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Everything until the end; unlike an iterator it leaves the other direction alone. */
async function text(stream: SpdyStream): Promise<string> {
  let received = '';
  stream.on('data', chunk => {
    received += chunk;
  });
  if (!stream.readableEnded) await once(stream, 'end');
  return received;
}

function connected(onStream: (stream: SpdyStream) => void) {
  const [near, far] = duplexPair();
  const server = new SpdyConnection(far, { side: 'server', onStream });
  const client = new SpdyConnection(near, { side: 'client' });
  return { client, server, near, far };
}

/** Cuts bytes at random places. */
function* cut(bytes: Buffer, number: (below: number) => number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + number(number(4) === 0 ? 4000 : 9);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

test('streams go both ways, end each way on their own, and are gone when both ends are', async () => {
  const { client, server } = connected(async stream => {
    assert.deepEqual({ ...stream.headers }, { streamtype: 'data', port: '80' });
    const received = await text(stream);
    stream.end(`got ${received}`);
  });
  const stream = client.open({ streamType: 'data', port: '80' });
  await stream.accepted;
  stream.write('all of ');
  stream.end('it');
  assert.equal(await text(stream), 'got all of it');
  if (!stream.closed) await once(stream, 'close');
  assert.equal(client.streamCount + server.streamCount, 0);
  client.close();
  await server.closed;
});

test('many streams at once carry large transfers through small buffers, whole and in order', async () => {
  const { client } = connected(stream => void stream.pipe(stream));
  const number = numbers(7);
  const transfers = Array.from({ length: 20 }, async (_, i) => {
    const sent = Buffer.alloc(300_000 + number(700_000), i);
    for (let at = 0; at < sent.length; at += 4) sent.writeUInt32BE(at, Math.min(at, sent.length - 4));
    const stream = client.open({ number: String(i) });
    stream.end(sent);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    assert.ok(Buffer.concat(chunks).equals(sent));
  });
  await Promise.all(transfers);
  assert.equal(client.streamCount, 0);
});

test('a reader that stops stops the sender', async () => {
  let far: SpdyStream | undefined;
  const { client } = connected(stream => {
    far = stream;
  });
  const stream = client.open({});
  await stream.accepted;
  let sent = 0;
  const chunk = Buffer.alloc(16 << 10);
  const push = () => {
    while (stream.write(chunk)) sent += chunk.length;
    sent += chunk.length;
  };
  stream.on('drain', push);
  push();
  for (let i = 0; i < 200; i++) await new Promise(resolve => setImmediate(resolve));
  const stalled = sent;
  assert.ok(stalled < 4 * streamBufferBytesMax, `${stalled} bytes on their way`);
  stream.removeAllListeners('drain');
  stream.end();
  let received = 0;
  for await (const piece of far!) received += piece.length;
  assert.equal(received, stalled);
});

test('a reset stream ends at both ends and leaves the others alone; a refused one is not accepted', async () => {
  const { client } = connected(stream => {
    if (stream.headers['kind'] === 'refused') throw new Error('no');
    if (stream.headers['kind'] === 'reset') stream.on('data', () => stream.reset());
    else stream.pipe(stream);
  });
  const good = client.open({ kind: 'good' });
  const reset = client.open({ kind: 'reset' });
  const refused = client.open({ kind: 'refused' });
  await assert.rejects(refused.accepted);
  reset.write('x');
  assert.equal(await text(reset), '');
  good.end('still here');
  assert.equal(await text(good), 'still here');
});

test('what came before the end of the connection can still be read', async () => {
  const { client, server } = connected(stream => {
    stream.write('last words');
    stream.end(() => server.close());
  });
  const stream = client.open({});
  await client.closed;
  assert.equal(await text(stream), 'last words');
  assert.throws(() => client.open({}), SpdyError);
});

test('frames are the same however they were cut, and headers of zlib are understood', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const number = numbers(seed * 7919);
    // What Go sends: zlib with the dictionary, flushed after each block, one context for all of them.
    const deflate = createDeflate({ dictionary: headerDictionary as Buffer });
    const encoder = new HeaderEncoder();
    const useZlib = seed % 2 === 0;
    const encode = async (headers: SpdyHeaders) => {
      if (!useZlib) return encoder.encode(headers);
      deflate.write(block(headers));
      deflate.flush(constants.Z_SYNC_FLUSH);
      await new Promise<void>(resolve => deflate.write('', () => resolve()));
      const chunks: Buffer[] = [];
      for (let chunk = deflate.read(); chunk !== null; chunk = deflate.read()) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    const sent: Buffer[] = [];
    const expected: unknown[] = [];
    for (let i = 1; i < 40; i++) {
      const kind = number(5);
      if (kind === 0) {
        const headers = { streamtype: 'x'.repeat(number(300)), [`name-${number(9)}`]: String(number(1e9)) };
        sent.push(openFrame(2 * i + 1, await encode(headers), number(2) === 0));
        expected.push(['open', 2 * i + 1, headers]);
      } else if (kind === 1) {
        sent.push(replyFrame(i, await encode({ status: '200 OK' })));
        expected.push(['reply', i, { status: '200 OK' }]);
      } else if (kind === 2) {
        sent.push(pingFrame(i), goawayFrame(i), resetFrame(i, 5));
        expected.push(['ping', i], ['goaway', i], ['reset', i]);
      } else {
        const bytes = Buffer.alloc(number(5000), i);
        sent.push(dataFrame(i, bytes, false), dataFrame(i, Buffer.alloc(0), true));
        expected.push(['data', i, bytes.toString('latin1')]);
      }
    }
    const reader = new FrameReader();
    const frames: Frame[] = [];
    for (const chunk of cut(Buffer.concat(sent), number)) frames.push(...reader.read(chunk));
    assert.deepEqual(summary(frames), expected, `seed ${seed}`);
  }
});

/** One entry for each frame, the pieces of a stream's data joined. */
function summary(frames: Frame[]): unknown[] {
  const entries: unknown[] = [];
  let data = '';
  for (const frame of frames) {
    if (frame.type === 'data') {
      data += frame.bytes.toString('latin1');
      if (!frame.isLast) continue;
      entries.push(['data', frame.stream, data]);
      data = '';
    } else if (frame.type === 'open' || frame.type === 'reply') {
      entries.push([frame.type, frame.stream, { ...frame.headers }]);
    } else if (frame.type === 'ping') entries.push(['ping', frame.id]);
    else if (frame.type === 'goaway') entries.push(['goaway', frame.lastStream]);
    else entries.push([frame.type, frame.stream]);
  }
  return entries;
}

function block(headers: SpdyHeaders): Buffer {
  const number = (value: number) => Buffer.from([value >> 24, value >> 16, value >> 8, value]);
  const parts = Object.entries(headers).flatMap(pair => pair.flatMap(part => [number(part.length), Buffer.from(part)]));
  return Buffer.concat([number(Object.keys(headers).length), ...parts]);
}

test('header blocks that are malformed, foreign or bombs are refused', () => {
  const bad = (compressed: Uint8Array, message: RegExp) =>
    assert.throws(() => new HeaderDecoder().decode(compressed), { name: 'SpdyError', message });
  const zlib = (bytes: Buffer) => deflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  bad(Buffer.from('not zlib at all'), /not a zlib stream/);
  bad(Buffer.alloc(0), /not a zlib stream/);
  bad(deflateSync('x', { dictionary: Buffer.from('another') }), /another dictionary/);
  bad(Buffer.concat([Buffer.from([0x78, 0x01]), Buffer.alloc(40, 0xff)]), /cannot be inflated/);
  // 60 KB of it fit into one frame, 60 MB of it come out.
  bad(zlib(Buffer.alloc(60 << 20)), /too large/);
  bad(zlib(block({ a: 'x'.repeat(headerBytesMax) })), /too large/);
  bad(zlib(Buffer.from([0xff, 0xff, 0xff, 0xff])), /too early/);
  bad(zlib(Buffer.from([0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3, 4])), /too early/);
  bad(zlib(Buffer.concat([block({ a: 'b' }), Buffer.alloc(3)])), /after its end/);
  bad(zlib(block({ Upper: 'b' })), /lower case/);
  const twice = Buffer.concat([block({ a: 'b' }), block({ a: 'b' }).subarray(4)]);
  twice[3] = 2;
  bad(zlib(twice), /twice/);
  // A name from the prototype is a name like any other.
  const named = new HeaderDecoder().decode(zlib(block({ ['__proto__' as string]: 'x', constructor: 'y' })));
  assert.equal(named['constructor'], 'y');
});

test('a connection that breaks the rules is closed, and its streams with it', async () => {
  const encode = (headers: SpdyHeaders) => new HeaderEncoder().encode(headers);
  const offences: Record<string, Buffer> = {
    'an even stream': openFrame(2, encode({}), false),
    'a stream of zero': openFrame(0, encode({}), false),
    'another version': Buffer.from([0x80, 0x02, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1]),
    'a huge control frame': Buffer.from([0x80, 0x03, 0, 1, 0, 0xff, 0xff, 0xff]),
    'a short frame': Buffer.from([0x80, 0x03, 0, 3, 0, 0, 0, 4, 0, 0, 0, 1]),
    'an empty ping': Buffer.from([0x80, 0x03, 0, 6, 0, 0, 0, 0]),
    'headers that are none': openFrame(3, Buffer.from('garbage'), false),
  };
  for (const [name, bytes] of Object.entries(offences)) {
    const [near, far] = duplexPair();
    let stream: SpdyStream | undefined;
    const server = new SpdyConnection(far, { side: 'server', onStream: made => void (stream = made) });
    near.on('error', () => {});
    near.resume();
    near.write(openFrame(1, new HeaderEncoder().encode({ a: 'b' }), false));
    near.write(bytes);
    await server.closed;
    assert.ok(stream !== undefined, name);
    assert.ok(stream.destroyed || stream.readableEnded || stream.writableEnded, name);
  }
});

test('random bytes never do more than close the connection', async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const number = numbers(seed * 104_729);
    const [near, far] = duplexPair();
    near.on('error', () => {});
    near.resume();
    const server = new SpdyConnection(far, { side: 'server', onStream: stream => void stream.resume() });
    const valid = Buffer.concat([
      openFrame(1, new HeaderEncoder().encode({ streamtype: 'stdin' }), false),
      dataFrame(1, Buffer.alloc(50), false),
      pingFrame(1),
    ]);
    for (let i = 0; i < 4; i++) valid[number(valid.length)] = number(256);
    for (const chunk of cut(valid, number)) near.write(chunk);
    near.end();
    await server.closed;
    assert.equal(server.streamCount, 0, `seed ${seed}`);
  }
});

test('pings are answered, and not without end to someone who does not read', async () => {
  const [near, far] = duplexPair();
  const server = new SpdyConnection(far, { side: 'server' });
  near.write(pingFrame(7));
  // Ours, which nobody asked for, is not.
  near.write(pingFrame(8));
  near.write(pingFrame(9));
  let answered = Buffer.alloc(0);
  near.on('data', chunk => {
    answered = Buffer.concat([answered, chunk]);
  });
  while (answered.length < 24) await once(near, 'data');
  assert.deepEqual(answered, Buffer.concat([pingFrame(7), pingFrame(9)]));
  near.on('error', () => {});
  near.pause();
  const flood = Buffer.concat(Array.from({ length: 500 }, () => pingFrame(1)));
  for (let i = 0; i < 30 && !server.isClosed; i++) {
    near.write(flood);
    await new Promise(resolve => setImmediate(resolve));
  }
  assert.equal(server.isClosed, true);
});
