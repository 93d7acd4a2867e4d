/**
 * Holds the API server against recorded cases of validation (test/recorded/validation): a sample object per line with
 * `object`, then one small change of it a line, sent as a dry run, and what upstream answered: status and message, or how
 * the reply differs from the sample's reply with the same change done on it.
 *
 * `{{a*300}}` in a case is 300 times a, `{{3}}` the fourth of the sentences that many messages share (sentences.json).
 */

import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { allResources } from '#api/all.ts';
import type { Clock } from '#lib/clock.ts';
import { headerValues } from '#lib/http/headers.ts';
import type { Transport } from '#lib/http/transport.ts';
import { resourcePath } from '#machinery/resource.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { inMemoryServer } from '#testing/in-memory-server.ts';

const namespace = 'fixed-ns';
const replyBytesMax = 16 << 20;
const folder = new URL('../../test/recorded/validation/', import.meta.url);

interface Operation {
  readonly op: 'add' | 'remove' | 'replace';
  readonly path: string;
  readonly value?: AnyJson;
}

interface Sample {
  readonly base: string;
  readonly object: AnyJson;
  readonly needs?: readonly AnyJson[];
  readonly update?: boolean;
  readonly putStatus?: AnyJson;
  readonly status: number;
  readonly reply: AnyJson;
  readonly warnings?: readonly string[];
}

interface Mutation {
  readonly ops: readonly Operation[];
  readonly status: number;
  readonly message?: string;
  /** Only the beginning of the message was kept. */
  readonly messageGoesOn?: boolean;
  /** The field of each cause, where there are several. */
  readonly fields?: readonly string[];
  readonly changed?: AnyJson;
  readonly warnings?: readonly string[];
}

export interface Difference {
  /** `pod.rich update [{"op":"remove",…}]` */
  readonly name: string;
  readonly wanted: AnyJson;
  readonly got: AnyJson;
}

export interface ReplayResult {
  readonly caseCount: number;
  readonly differences: readonly Difference[];
}

/** Runs the cases of one kind: `deployment`. */
export async function replayValidation(kind: string, clock: Clock): Promise<ReplayResult> {
  const sentences = JSON.parse(await readFile(new URL('sentences.json', folder), 'utf8')) as string[];
  const text = await readFile(new URL(`${kind}.jsonl`, folder), 'utf8');
  const server = await inMemoryServer(clock);
  try {
    const replay = new Replay(server.transport());
    await replay.prepare();
    const differences: Difference[] = [];
    const lines = text.trimEnd().split('\n');
    for (const line of lines) {
      const difference = await replay.run(expanded(JSON.parse(line), sentences));
      if (difference) differences.push(difference);
    }
    return { caseCount: lines.length, differences };
  } finally {
    await server.close();
  }
}

/** Both abbreviations, anywhere in a value. */
function expanded(value: AnyJson, sentences: readonly string[]): AnyJson {
  if (typeof value === 'string') {
    return value
      .replace(/\{\{([A-Za-z])\*(\d+)\}\}/g, (_, letter: string, times: string) => letter.repeat(Number(times)))
      .replace(/\{\{(\d+)\}\}/g, (_, position: string) => sentences[Number(position)] as string);
  }
  if (Array.isArray(value)) return value.map(item => expanded(item, sentences));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [expanded(key, sentences), expanded(entry, sentences)]),
  );
}

interface Answer {
  readonly status: number;
  readonly body: AnyJson;
  readonly warnings: readonly string[];
}

class Replay {
  readonly #transport: Transport;
  #sample: Sample | undefined;
  /** What mutations are done on: the object as sent, or as read. */
  #live: AnyJson;
  #reply: AnyJson;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async prepare(): Promise<void> {
    await this.#send('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    await this.#send('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } });
  }

  async run(line: Sample | Mutation): Promise<Difference | undefined> {
    if ('object' in line) return this.#open(line);
    const sample = this.#sample as Sample;
    const name = `${sample.base}${sample.update ? ' update' : ''} ${JSON.stringify(line.ops).slice(0, 200)}`;
    const body = applied(this.#live, line.ops);
    if (this.#reply === undefined || body === undefined)
      return { name, wanted: line.status, got: 'no sample to change' };
    const method = sample.update ? 'PUT' : 'POST';
    const answer = await this.#send(method, `${collection(sample.object, sample.update)}?${dryRun(sample)}`, body);
    const { ops: _, messageGoesOn, ...wanted } = line;
    const got = this.#outcome(line, sample, answer, body);
    if (messageGoesOn && got.message?.startsWith(wanted.message)) got.message = wanted.message;
    return isDeepStrictEqual(got, wanted) ? undefined : { name, wanted, got };
  }

  async #open(sample: Sample): Promise<Difference | undefined> {
    await this.#close();
    this.#sample = sample;
    const { object, update } = sample;
    for (const needed of sample.needs ?? []) await this.#send('POST', collection(needed), needed);
    let answer = await this.#send('POST', `${collection(object)}${update ? '' : `?${dryRun(sample)}`}`, object);
    this.#live = object;
    if (update) {
      const path = collection(object, true);
      if (sample.putStatus) await this.#send('PUT', `${path}/status`, { ...answer.body, status: sample.putStatus });
      answer = await this.#send('GET', path);
      this.#live = answer.body;
    }
    this.#reply = answer.status < 300 ? settled(answer.body, object) : undefined;
    if (isDeepStrictEqual(this.#reply, sample.reply)) return undefined;
    return { name: `${sample.base} itself`, wanted: sample.reply, got: this.#reply ?? answer.body };
  }

  async #close(): Promise<void> {
    const sample = this.#sample;
    if (!sample) return;
    const gone = [...(sample.update ? [sample.object] : []), ...(sample.needs ?? [])];
    for (const object of gone) {
      const path = collection(object, true);
      const { body } = await this.#send('GET', path);
      if (body?.metadata?.finalizers) {
        await this.#send('PUT', path, { ...body, metadata: { ...body.metadata, finalizers: undefined } });
      }
      await this.#send('DELETE', `${path}?gracePeriodSeconds=0&propagationPolicy=Background`);
    }
  }

  #outcome(line: Mutation, sample: Sample, answer: Answer, sent: AnyJson): AnyJson {
    const { status, body } = answer;
    const outcome: AnyJson = { status };
    const noted = sample.update ? [sample.object, line.ops] : sent;
    if (status < 300) {
      const asSaid = line.ops.map(op =>
        op.value === null && !op.path.endsWith('/-') ? { ...op, op: 'remove' as const } : op,
      );
      const changed = differences(applied(this.#reply, asSaid) ?? this.#reply, settled(body, noted));
      if (changed.length > 0) outcome.changed = changed;
    } else {
      outcome.message = settledText(body.message ?? '', noted);
      const causes = body.details?.causes ?? [];
      if (causes.length > 1) outcome.fields = causes.map((cause: AnyJson) => cause.field ?? '');
    }
    const usual = sample.update ? [] : (sample.warnings ?? []);
    if (!isDeepStrictEqual(answer.warnings, usual)) outcome.warnings = answer.warnings;
    return outcome;
  }

  async #send(method: string, target: string, body?: AnyJson): Promise<Answer> {
    const response = await this.#transport({
      method,
      target,
      headers: { 'content-type': 'application/json', 'user-agent': 'recorder/1' },
      ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
    });
    const bytes = await response.body.whole(replyBytesMax);
    const warnings = headerValues(response.headers, 'warning').map(text =>
      text.replace(/^299 - "(.*)"$/, '$1').replaceAll('\\"', '"'),
    );
    return { status: response.status, body: JSON.parse(Buffer.from(bytes).toString()), warnings };
  }
}

const dryRun = (sample: Sample): string => (sample.update ? 'dryRun=All' : 'dryRun=All&fieldValidation=Strict');

function collection(object: AnyJson, withName = false): string {
  const resource = allResources.find(each => each.apiVersion === object.apiVersion && each.kind === object.kind);
  if (!resource) throw new Error(`no resource of kind ${object.kind}`);
  return resourcePath(resource, namespace, withName ? object.metadata.name : undefined);
}

const parts = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'));

/** A copy with the operations done; undefined where a path does not exist. */
function applied(object: AnyJson, ops: readonly Operation[]): AnyJson {
  const out = structuredClone(object);
  for (const { op, path, value } of ops) {
    const steps = parts(path);
    const last = steps.pop() as string;
    const parent = steps.reduce((at: AnyJson, step) => at?.[step], out);
    if (typeof parent !== 'object' || parent === null) return undefined;
    if (Array.isArray(parent)) {
      const position = last === '-' ? parent.length : Number(last);
      if (op !== 'add' && position >= parent.length) return undefined;
      parent.splice(position, op === 'add' ? 0 : 1, ...(op === 'remove' ? [] : [value]));
    } else if (op !== 'remove') parent[last] = value;
    else if (Object.hasOwn(parent, last)) delete parent[last];
    else return undefined;
  }
  return out;
}

/** What turns `a` into `b`: `{ path, value }`, or `{ path, removed }` for what `b` lacks. */
function differences(a: AnyJson, b: AnyJson, path = ''): AnyJson[] {
  const isMap = (value: AnyJson): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
  const step = (name: string | number): string => `${path}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  if (isMap(a) && isMap(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap(key => {
      if (!Object.hasOwn(b, key)) return [{ path: step(key), removed: true }];
      return Object.hasOwn(a, key) ? differences(a[key], b[key], step(key)) : [{ path: step(key), value: b[key] }];
    });
  }
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    return a.flatMap((item, i) => differences(item, b[i], step(i)));
  }
  return isDeepStrictEqual(a, b) ? [] : [{ path, value: b }];
}

/** A reply without what differs from run to run, unless it was sent so. */
function settled(object: AnyJson, sent: AnyJson): AnyJson {
  if (typeof object !== 'object' || object === null) return object;
  const { uid: _1, creationTimestamp: _2, managedFields: _3, resourceVersion: _4, ...metadata } = object.metadata ?? {};
  return new Normal(sent).walk({ ...object, metadata });
}

const settledText = (text: string, sent: AnyJson): string => new Normal(sent).text(text);

const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const wholeTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** The same value gets the same tag throughout a reply. */
class Normal {
  readonly #sent = new Set<string>();
  readonly #tags = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  /** Names that were made of a prefix, as they are shown. */
  readonly #generated = new Map<string, string>();

  constructor(sent: AnyJson) {
    this.#note(sent);
  }

  #note(value: AnyJson): void {
    if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) this.#note(each);
    else this.#sent.add(String(value));
  }

  #tag(kind: string, value: string): string {
    const known = this.#tags.get(value);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const tag = `<${kind}-${count}>`;
    this.#tags.set(value, tag);
    return tag;
  }

  text(text: string): string {
    let shown = text;
    for (const [name, tagged] of this.#generated) shown = shown.replaceAll(name, tagged);
    return shown
      .replace(/kube-api-access-[a-z0-9]{5}\b/g, match => this.#tag('kube-api-access', match))
      .replace(uid, match => (this.#sent.has(match) ? match : this.#tag('uid', match)))
      .replace(/\bBad_[a-z0-9]{5}\b/g, 'Bad_<gen-1>');
  }

  walk(value: AnyJson, key = '', parent: AnyJson = undefined): AnyJson {
    if (Array.isArray(value)) return value.map(item => this.walk(item, key, parent));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([name, entry]) => [this.text(name), this.walk(entry, name, value)]),
      );
    }
    if (typeof value !== 'string') return value;
    if (key === 'resourceVersion' && value !== '' && value !== '0') return this.#tag('rv', value);
    if (wholeTime.test(value) && !this.#sent.has(value)) return '<time>';
    const prefix = key === 'name' ? parent?.generateName : undefined;
    if (prefix && value.startsWith(prefix) && !this.#sent.has(value)) {
      const tagged = prefix + this.#tag('gen', value);
      this.#generated.set(value, tagged);
      return tagged;
    }
    return this.text(value);
  }
}
