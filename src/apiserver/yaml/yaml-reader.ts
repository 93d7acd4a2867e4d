/**
 * Reads YAML without stopping the server. A text of a few kilobytes is read at once, in milliseconds; a longer one by a
 * thread that has a bound of time and memory, because a text of brackets costs a thousand times its length.
 *
 * Clients send YAML seldom (kubectl turns it to JSON), so the thread ends when it has been idle for a while.
 */

import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '#lib/clock.ts';
import { ApiError } from '#machinery/api-error.ts';
import { type ParsedYaml, parseYaml, YamlSyntaxError } from '#machinery/yaml.ts';

export type YamlReply =
  | { readonly parsed: ParsedYaml; readonly problem?: undefined }
  | { readonly problem: string; readonly parsed?: undefined };

/** Read at once up to this length. */
export const yamlHereCharactersMax = 16 << 10;
/** How long a text may take. The longest that upstream takes needs half of it. */
const readMsMax = 10_000;
const heapMegabytesMax = 512;
/** Texts that wait for their turn: as many bodies. */
const waitingMax = 32;
const idleMsMax = 10_000;

interface Wanted extends PromiseWithResolvers<ParsedYaml> {
  readonly text: string;
}

export class YamlReader {
  readonly #clock: Clock;
  /** The first is being read. */
  readonly #wanted: Wanted[] = [];
  #worker: Worker | undefined;
  /** Of the text that is read, or of a thread that is idle. */
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Rejects with YamlSyntaxError, and with 429 when too many wait. */
  async read(text: string): Promise<ParsedYaml> {
    if (text.length <= yamlHereCharactersMax) return parseYaml(text);
    if (this.#wanted.length >= waitingMax) {
      throw new ApiError('TooManyRequests', 'Too many requests, please try again later.', { retryAfter: 1 });
    }
    const wanted = { text, ...Promise.withResolvers<ParsedYaml>() };
    this.#wanted.push(wanted);
    if (this.#wanted.length === 1) this.#readFirst();
    return wanted.promise;
  }

  close(): void {
    this.#stop();
    for (const { reject } of this.#wanted.splice(0)) reject(new Error('the server stops'));
  }

  #readFirst(): void {
    this.#timer?.cancel();
    this.#worker ??= this.#start();
    this.#timer = this.#clock.after(readMsMax, () => this.#giveUp('takes too long to read'), { idle: true });
    this.#worker.postMessage(this.#wanted[0]!.text);
  }

  #start(): Worker {
    const resourceLimits = { maxOldGenerationSizeMb: heapMegabytesMax };
    const worker = new Worker(new URL('./yaml-thread.ts', import.meta.url), { resourceLimits });
    worker.on('message', (reply: YamlReply) => this.#answer(reply));
    worker.on('error', () => worker === this.#worker && this.#giveUp('takes too much memory to read'));
    worker.unref();
    return worker;
  }

  #giveUp(why: string): void {
    this.#stop();
    this.#answer({ problem: `yaml: the document ${why}` });
  }

  #answer({ parsed, problem }: YamlReply): void {
    const first = this.#wanted.shift();
    if (parsed !== undefined) first?.resolve(parsed);
    else first?.reject(new YamlSyntaxError(problem));
    this.#timer?.cancel();
    if (this.#wanted.length > 0) this.#readFirst();
    else if (this.#worker !== undefined) this.#timer = this.#clock.after(idleMsMax, () => this.#stop(), { idle: true });
  }

  #stop(): void {
    this.#timer?.cancel();
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }
}
