import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { connectToAny } from '#cmd/node-ports.ts';
import { FakeClock } from '#testing/fake-clock.ts';

type Answer = 'takes it' | 'refuses' | 'is silent';

/** Nodes that behave as said; remembers which were asked, and on which the asking was given up. */
function nodesThat(answers: Record<string, Answer>) {
  const asked: string[] = [];
  const givenUp: string[] = [];
  const connect = (address: string, _port: number, options?: { signal?: AbortSignal | undefined }) =>
    new Promise<Socket>((resolve, reject) => {
      asked.push(address);
      if (answers[address] === 'takes it') resolve(Object.assign(new Socket(), { of: address }));
      if (answers[address] === 'refuses') reject(new Error('ECONNREFUSED'));
      options?.signal?.addEventListener('abort', () => {
        if (answers[address] === 'is silent') givenUp.push(address);
        reject(options.signal?.reason);
      });
    });
  const places = Object.keys(answers).map(address => ({ address }));
  return { asked, givenUp, way: { doorway: { connect }, places } as never as Parameters<typeof connectToAny>[1] };
}

test('a nodePort is asked of the next node when one refuses, or is silent for a moment', async () => {
  const clock = new FakeClock();
  const open = (answers: Record<string, Answer>, signal = new AbortController().signal) => {
    const { asked, givenUp, way } = nodesThat(answers);
    const far = connectToAny(30_080, { ...way, clock }, signal);
    const taken = far.then(
      socket => (socket as Socket & { of: string }).of,
      () => 'nobody',
    );
    return { asked, givenUp, taken };
  };

  const near = open({ a: 'takes it', b: 'takes it' });
  assert.equal(await near.taken, 'a');
  assert.deepEqual(near.asked, ['a']);

  assert.equal(await open({ a: 'refuses', b: 'takes it' }).taken, 'b');
  assert.equal(await open({ a: 'refuses', b: 'refuses' }).taken, 'nobody');

  const late = open({ a: 'is silent', b: 'refuses', c: 'takes it' });
  assert.deepEqual(late.asked, ['a']);
  clock.advance(250);
  assert.equal(await late.taken, 'c');
  assert.deepEqual(late.givenUp, ['a']);

  const caller = new AbortController();
  const left = open({ a: 'is silent' }, caller.signal);
  clock.advance(1000);
  caller.abort();
  assert.equal(await left.taken, 'nobody');
});
