/**
 * A stand-in for a Pod, as far as the network goes: a process in a network namespace of its own, on a cable to the
 * namespace of the test, laid as CNI's `ptp` lays it. It answers every connection and datagram with its name and the
 * address it was asked from, and asks others when told to.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { run } from '#lib/process.ts';

export interface Question {
  readonly protocol: 'tcp' | 'udp';
  /** An address; or a name, when there is a resolver to ask. */
  readonly host: string;
  readonly resolver?: string;
  readonly port: number;
  /** Of datagrams: the same one makes the same flow. */
  readonly localPort?: number;
}

export interface NetworkPod {
  readonly name: string;
  readonly address: string;
  /** The answer, `name address`; or what went wrong, `ECONNREFUSED` or `silence`. */
  ask(question: Question): Promise<string>;
  close(): Promise<void>;
}

export interface NetworkPodOptions {
  readonly name: string;
  readonly address: string;
  /** The address of this end of the cable. */
  readonly gateway: string;
  /** Listens there. */
  readonly port?: number;
}

let cables = 0;

export async function networkPod({ name, address, gateway, port }: NetworkPodOptions): Promise<NetworkPod> {
  const main = new URL('./network-pod-main.ts', import.meta.url).pathname;
  const child = spawn('unshare', ['--net', '--', process.execPath, main, name, String(port ?? 0)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  const cable = `cable${cables++}`;
  await run(['ip', 'link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(child.pid)]);
  const here = [
    `address add ${gateway}/32 dev ${cable}`,
    `link set ${cable} up`,
    `route add ${address}/32 dev ${cable} src ${gateway}`,
  ];
  const there = [
    'link set lo up',
    `address add ${address}/32 dev eth0`,
    'link set eth0 up',
    `route add ${gateway}/32 dev eth0 src ${address}`,
    `route add default via ${gateway}`,
  ];
  await run(['ip', '-batch', '-'], { input: `${here.join('\n')}\n` });
  await run(['nsenter', `--net=/proc/${child.pid}/ns/net`, '--', 'ip', '-batch', '-'], {
    input: `${there.join('\n')}\n`,
  });
  let questions = 0;
  return {
    name,
    address,
    async ask(question) {
      const id = questions++;
      const answered = new Promise<string>(resolve => {
        const listen = (reply: { id: number; answer: string }) => {
          if (reply.id !== id) return;
          child.off('message', listen);
          resolve(reply.answer);
        };
        child.on('message', listen);
      });
      child.send({ id, question });
      return answered;
    },
    async close() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
