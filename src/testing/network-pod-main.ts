/** The process of a `network-pod.ts`. */

import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { askHost } from '#testing/ask-host.ts';
import type { Question } from '#testing/network-pod.ts';

const [name = '', portText = '0'] = process.argv.slice(2);
const port = Number(portText);

if (port > 0) {
  createServer(socket => {
    socket.on('error', () => {});
    socket.end(`${name} ${socket.remoteAddress}`);
  }).listen(port, '0.0.0.0');
  const datagrams = createSocket('udp4');
  datagrams.on('message', (_, from) => datagrams.send(`${name} ${from.address}`, from.port, from.address));
  datagrams.bind(port, '0.0.0.0');
}

process.on('message', async ({ id, question }: { id: number; question: Question }) => {
  process.send?.({ id, answer: await askHost(question) });
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
