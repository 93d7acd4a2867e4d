/** Asks a TCP or UDP service one thing, and says in a word how it went. */

import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import type { Question } from '#testing/network-pod.ts';

/** A refusal comes at once on a machine; so does an answer. */
const silenceMs = 700;

export async function askHost(question: Question): Promise<string> {
  try {
    const resolved = question.resolver === undefined ? question : { ...question, host: await resolve(question) };
    return await (question.protocol === 'tcp' ? askByTcp(resolved) : askByUdp(resolved));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

async function resolve({ host, resolver = '' }: Question): Promise<string> {
  const asked = new Resolver({ timeout: silenceMs, tries: 1 });
  asked.setServers([resolver]);
  return (await asked.resolve4(host))[0] ?? '';
}

function askByTcp({ host, port }: Question): Promise<string> {
  return new Promise(resolve => {
    let text = '';
    const socket = connect({ host, port });
    socket.setTimeout(silenceMs, () => {
      socket.destroy();
      resolve('silence');
    });
    socket.setEncoding('utf8').on('data', chunk => (text += chunk));
    socket.on('end', () => resolve(text));
    socket.on('error', error => resolve((error as NodeJS.ErrnoException).code ?? error.message));
  });
}

function askByUdp({ host, port, localPort }: Question): Promise<string> {
  return new Promise(resolve => {
    const socket = createSocket('udp4');
    const timer = setTimeout(() => finish('silence'), silenceMs);
    const finish = (answer: string) => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    socket.on('message', message => finish(message.toString()));
    socket.on('error', error => finish((error as NodeJS.ErrnoException).code ?? error.message));
    // Connected, so that a refusal is heard.
    socket.bind(localPort ?? 0, () => socket.connect(port, host, () => socket.send('hello')));
  });
}
