/** Plays the steps of a recorded case; each answers what went otherwise than recorded. */

import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { HttpClient } from '#lib/http/client.ts';
import { connectWebSocket } from '#lib/websocket/handshake.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { Names } from './names.ts';
import { allWanted } from './values.ts';

export interface Stage {
  http: HttpClient;
  kubeconfig: string;
  /** Files of the administrator's certificate, for requests to the kubelet. */
  certificate: string;
  key: string;
}

const waitMsMax = 60_000;
const lookMs = 100;
const commandMsMax = 90_000;
const followMs = 4_000;

export interface Reply {
  status: number;
  contentType: string;
  body: AnyJson;
  text: string;
}

export async function ask(
  http: HttpClient,
  method: string,
  target: string,
  body?: AnyJson,
  contentType?: string,
): Promise<Reply> {
  const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const headers = {
    accept: 'application/json',
    'user-agent': 'recorder/1',
    ...(payload === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
  };
  const reply = await http.request({ method, target, headers, ...(payload === undefined ? {} : { body: payload }) });
  const chunks: Uint8Array[] = [];
  for await (const chunk of reply.body) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  let decoded: AnyJson;
  try {
    decoded = JSON.parse(text);
  } catch {
    decoded = undefined;
  }
  return { status: reply.status, contentType: String(reply.headers['content-type'] ?? ''), body: decoded, text };
}

interface RunOptions {
  env?: NodeJS.ProcessEnv;
  stdin?: string | undefined;
  timeoutMs?: number;
}

function run(file: string, words: readonly string[], options: RunOptions = {}) {
  const { env, stdin, timeoutMs = commandMsMax } = options;
  return new Promise<{ code: number; stdout: string; stderr: string; stopped: boolean }>(resolve => {
    const settings = { timeout: timeoutMs, env: { ...process.env, ...env } };
    const child = execFile(file, words, settings, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr, stopped: error?.killed ?? false });
    });
    child.stdin?.end(stdin);
  });
}

/** Which of two streams is read first is chance: lines of a log that are the same in another order are the same. */
function unordered({ path, text }: AnyJson, got: string): [string, string] {
  const isLog = /\/log(\?|$)/.test(path) && !/bytes/i.test(path);
  const sorted = (lines: string) => lines.split('\n').sort().join('\n');
  return isLog && sorted(text) === sorted(got) ? [text, text] : [text, got];
}

export class Steps {
  readonly #stage: Stage;
  readonly #names: Names;
  readonly #replies: AnyJson[] = [];
  readonly problems: string[] = [];

  constructor(stage: Stage, names: Names) {
    this.#stage = stage;
    this.#names = names;
  }

  async play(recorded: AnyJson): Promise<void> {
    const { reply, text, output, stdout, stderr, message, received, ...request } = recorded;
    const step = this.#names.here(request, this.#replies);
    this.#replies.push(undefined);
    if (step.pause !== undefined) await pause(step.pause * 1000);
    else if (step.wait !== undefined) await this.#wait(step.wait);
    else if (step.method !== undefined && step.path !== undefined) await this.#request(step, recorded);
    else if (step.exec !== undefined) await this.#exec(step.exec, recorded);
    else if (step.node !== undefined) await this.#node(step.node, recorded);
    else if (step.kubectl !== undefined) await this.#kubectl(step.kubectl, recorded);
    else if (step.kubelet !== undefined) await this.#kubelet(step, recorded);
    else if (step.socket !== undefined) await this.#socket(step, recorded);
    else this.problems.push(`a step that is not known: ${Object.keys(step)}`);
  }

  #expect(what: string, wanted: AnyJson, got: AnyJson): void {
    const [one = '', other = ''] = [wanted, got].map(value =>
      (JSON.stringify(value) ?? '')
        .replace(/ [A-Z][a-z]{2} +\d+ \d\d:\d\d /g, ' <date> ')
        .replace(/Date: [^\\]*GMT/g, 'Date: <date>'),
    );
    if (one !== other)
      this.problems.push(`${what}\n     want ${one.slice(0, 1500)}\n     got  ${other.slice(0, 1500)}`);
  }

  async #wait(wait: AnyJson): Promise<void> {
    for (const until = performance.now() + waitMsMax; performance.now() < until; await pause(lookMs)) {
      const { status, body } = await ask(this.#stage.http, 'GET', wait.path);
      if (wait.gone ? status === 404 : await this.#isMet(wait, status, body)) {
        this.#replies[this.#replies.length - 1] = body;
        return;
      }
    }
    const { body } = await ask(this.#stage.http, 'GET', wait.path);
    this.problems.push(
      `waited in vain for ${JSON.stringify(wait)}; ${JSON.stringify(body?.status ?? body).slice(0, 600)}`,
    );
  }

  async #isMet(wait: AnyJson, status: number, object: AnyJson): Promise<boolean> {
    if (status !== 200) return false;
    if (wait.is !== undefined) return allWanted(object, wait.is);
    if (wait.where !== undefined)
      return object.items.filter((item: AnyJson) => allWanted(item, wait.where)).length === wait.count;
    const { body } = await ask(this.#stage.http, 'GET', `/api/v1/namespaces/${object.metadata.namespace}/events`);
    const said = body.items.filter(
      (event: AnyJson) => event.reason === wait.event && event.involvedObject.uid === object.metadata.uid,
    );
    return said.reduce((sum: number, event: AnyJson) => sum + (event.count ?? 1), 0) >= (wait.count ?? 1);
  }

  async #request(step: AnyJson, recorded: AnyJson): Promise<void> {
    const got = await ask(this.#stage.http, step.method, step.path, step.body, step.contentType);
    this.#replies[this.#replies.length - 1] = got.body;
    if (step.method === 'POST' && got.body?.kind === 'Pod') this.#names.see(got.body);
    const what = `${step.method} ${recorded.path}`;
    this.#expect(`${what}: status`, recorded.status, got.status);
    if (recorded.text !== undefined) this.#expect(what, ...unordered(recorded, this.#names.text(got.text)));
    if (recorded.message !== undefined)
      this.#expect(what, recorded.message, this.#names.text(got.body?.message ?? got.text));
    if (recorded.reply !== undefined && recorded.reply.kind !== 'Node')
      this.#expect(what, recorded.reply, this.#names.walk(got.body));
  }

  #inNamespace(words: readonly string[]): string[] {
    return ['--kubeconfig', this.#stage.kubeconfig, '-n', this.#names.namespace, ...words];
  }

  async #exec({ pod, container, command, stdin }: AnyJson, recorded: AnyJson): Promise<void> {
    const words = ['exec', pod, '-c', container, ...(stdin === undefined ? [] : ['-i']), '--', ...command];
    const got = await run('kubectl', this.#inNamespace(words), { stdin });
    const what = `exec ${JSON.stringify(recorded.exec.command)}`;
    this.#expect(`${what}: exit`, recorded.exit, got.code);
    this.#expect(`${what}: stdout`, recorded.stdout, this.#names.text(got.stdout));
    if (recorded.stderr !== undefined) this.#expect(`${what}: stderr`, recorded.stderr, this.#names.text(got.stderr));
  }

  /** A script of the node's. What talks to the API server as kubectl does is run beside it: there it listens. */
  async #node(script: string, recorded: AnyJson): Promise<void> {
    const { netns, folder, cgroup } = this.#names.place;
    const enter = /kubectl/.test(script) ? [] : ['nsenter', `--net=${netns}`, '--'];
    const plain = script
      .replaceAll('nsenter --net=/var/run/netns/upn ', '')
      .replace(/\/sys\/fs\/cgroup\/(\w+)(?=[/ ;)]|$)/g, `/sys/fs/cgroup/$1/${cgroup}`);
    const [file = 'sh', ...words] = [...enter, 'bash', '-c', plain];
    const env = { NS: this.#names.namespace, CONF: folder };
    const { stdout, stderr } = await run(file, words, { env });
    this.#expect(
      `node ${recorded.node.slice(0, 300)}`,
      recorded.output.trim(),
      this.#names.text(stdout + stderr).trim(),
    );
  }

  async #kubectl(words: readonly string[], recorded: AnyJson): Promise<void> {
    const goesOn = typeof recorded.exit === 'string';
    const options = goesOn ? { timeoutMs: followMs } : {};
    const { code, stdout, stderr, stopped } = await run('kubectl', this.#inNamespace(words), options);
    const what = `kubectl ${recorded.kubectl.join(' ')}`;
    this.#expect(`${what}: exit`, recorded.exit, goesOn && stopped ? recorded.exit : code);
    this.#expect(what, recorded.output, this.#names.text(stdout + stderr));
  }

  async #kubelet(step: AnyJson, recorded: AnyJson): Promise<void> {
    const { netns, nodeAddress } = this.#names.place;
    const who =
      step.as === 'admin'
        ? ['--cert', this.#stage.certificate, '--key', this.#stage.key]
        : step.as === 'sa'
          ? ['-H', `Authorization: Bearer ${await this.#token()}`]
          : step.as === 'anonymous'
            ? []
            : ['-H', 'Authorization: Bearer nope'];
    const words = [
      `--net=${netns}`,
      '--',
      'curl',
      '-sk',
      '-m',
      '10',
      '-X',
      step.method ?? 'GET',
      '-w',
      '\n%{http_code} %{content_type}',
      ...who,
      `https://${nodeAddress}:10250${step.kubelet}`,
    ];
    const { stdout } = await run('nsenter', words);
    const end = stdout.lastIndexOf('\n');
    const [code = '', ...type] = stdout.slice(end + 1).split(' ');
    const text = stdout.slice(0, end);
    const what = `kubelet ${recorded.kubelet}`;
    this.#expect(`${what}: status`, recorded.status, Number(code));
    this.#expect(`${what}: content type`, recorded.contentType ?? '', type.join(' '));
    if (recorded.text !== undefined) this.#expect(what, recorded.text, this.#names.text(text));
    if (recorded.series !== undefined) {
      const series = [
        ...new Set(
          text
            .split('\n')
            .filter(line => line !== '' && !line.startsWith('#'))
            .map(line => line.replace(/ [^ ]+( \d+)?$/, '')),
        ),
      ];
      this.#expect(
        what,
        recorded.series,
        series
          .map(line => this.#names.text(line))
          .filter(line => !line.includes('namespace="') || line.includes('{{ns}}'))
          .sort(),
      );
    }
  }

  async #token(): Promise<string> {
    const path = `/api/v1/namespaces/${this.#names.namespace}/serviceaccounts/default/token`;
    return (
      await ask(this.#stage.http, 'POST', path, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {},
      })
    ).body?.status?.token;
  }

  async #socket(step: AnyJson, recorded: AnyJson): Promise<void> {
    const protocols = step.protocol === '' ? [] : [step.protocol];
    const reply = await connectWebSocket(this.#stage.http, { target: step.socket, headers: {} }, protocols);
    if (!reply.switched) {
      const text = Buffer.from(reply.body).toString();
      let message = text;
      try {
        message = JSON.parse(text).message ?? text;
      } catch {}
      this.#expect(`socket ${recorded.socket}: status`, recorded.status, reply.status);
      if (recorded.message !== undefined)
        this.#expect(`socket ${recorded.socket}`, recorded.message, this.#names.text(message));
      return;
    }
    this.#expect(`socket ${recorded.socket}: status`, recorded.status, 101);
    const { socket } = reply;
    const isBase64 = socket.protocol.includes('base64');
    const received: Record<string, Buffer[]> = {};
    socket.onMessage((data: Buffer) => {
      if (isBase64) {
        const text = data.toString();
        (received[text.slice(0, 1)] ??= []).push(Buffer.from(text.slice(1), 'base64'));
      } else (received[String(data[0])] ??= []).push(data.subarray(1));
    });
    socket.resume();
    for (const [channel, data] of step.send ?? []) {
      if (channel === 'wait') await pause(data * 1000);
      else socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(data)]));
    }
    const ended = await Promise.race([
      socket.closed.then(() => true),
      pause((recorded.seconds ?? 10) * 1000).then(() => false),
    ]);
    const texts = Object.fromEntries(
      Object.entries(received).map(([channel, chunks]) => [
        channel,
        this.#names.text(Buffer.concat(chunks).toString().trimEnd() === '' ? '' : Buffer.concat(chunks).toString()),
      ]),
    );
    const notEmpty = (all: Record<string, string>) =>
      Object.fromEntries(Object.entries(all).filter(([, text]) => text !== ''));
    this.#expect(`socket ${recorded.socket}: chosen`, recorded.chosen, socket.protocol);
    this.#expect(`socket ${recorded.socket}`, notEmpty(recorded.received ?? {}), notEmpty(texts));
    this.#expect(`socket ${recorded.socket}: close`, recorded.close === 'still open', !ended);
    if (!ended) socket.close();
  }
}
