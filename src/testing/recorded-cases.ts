/**
 * Sends the requests of recorded cases (test/recorded/machinery) to an API server in memory, one after another, and compares
 * the replies with what upstream answered. Cases that watch or wait are not of this kind.
 */

import { isDeepStrictEqual } from 'node:util';
import type { HeaderValues } from '#lib/http/exchange.ts';
import { headerValues } from '#lib/http/headers.ts';
import type { Transport } from '#lib/http/transport.ts';
import type { AnyJson } from '#machinery/schema.ts';
import { Normal } from '#testing/recorded-normal.ts';

const replyBytesMax = 16 << 20;
const comparedHeaders = ['content-type', 'warning', 'allow', 'location', 'retry-after'];

export interface Case {
  readonly name: string;
  readonly steps: readonly { readonly request: AnyJson; readonly reply?: AnyJson }[];
  readonly options?: readonly string[];
}

/** Undefined when everything was answered as recorded, else the first difference. */
export async function replayCase(send: Transport, recorded: Case, namespace: string): Promise<string | undefined> {
  await prepare(send, namespace);
  const normal = new Normal(namespace, recorded.options ?? []);
  const replies: AnyJson[] = [];
  let difference: string | undefined;
  for (const [i, { request, reply }] of recorded.steps.entries()) {
    // What a case made beyond its namespace goes, whatever came before.
    if (difference !== undefined && request.method !== 'DELETE') continue;
    try {
      const got = await sendStep(send, request, { namespace, replies, normal });
      replies.push(got.body);
      const found = reply === undefined ? undefined : differenceOf(request, reply, got, normal);
      if (found !== undefined) difference ??= `step ${i} ${found}`;
    } catch (error) {
      difference ??= `step ${i}: ${error}`;
    }
  }
  await exchange(send, { method: 'DELETE', target: `/api/v1/namespaces/${namespace}` });
  return difference;
}

/** What the controllers put into each new namespace. */
async function prepare(send: Transport, namespace: string): Promise<void> {
  const post = (target: string, object: AnyJson) =>
    exchange(send, {
      method: 'POST',
      target,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(object)),
    });
  await post('/api/v1/namespaces', { metadata: { name: namespace } });
  await post(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } });
  await post(`/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: 'kube-root-ca.crt' } });
}

interface Got {
  readonly status: number;
  readonly headers: HeaderValues;
  readonly text: string;
  readonly body: AnyJson;
}

async function exchange(send: Transport, request: Parameters<Transport>[0]): Promise<Got> {
  const reply = await send(request);
  const text = Buffer.from(await reply.body.whole(replyBytesMax)).toString();
  return { status: reply.status, headers: reply.headers, text, body: parsed(text) };
}

function parsed(text: string): AnyJson {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

interface Known {
  readonly namespace: string;
  readonly replies: readonly AnyJson[];
  readonly normal: Normal;
}

async function sendStep(send: Transport, step: AnyJson, known: Known): Promise<Got> {
  const fill = (value: AnyJson) => filled(value, known);
  const { normal } = known;
  const headers: HeaderValues = { accept: 'application/json', 'user-agent': 'recorder/1' };
  for (const [name, value] of Object.entries(step.headers ?? {})) headers[name.toLowerCase()] = String(fill(value));
  if (step.accept !== undefined) headers['accept'] = step.accept;
  if (step.as) headers['impersonate-user'] = fill(step.as);
  if (step.groups?.length) headers['impersonate-group'] = step.groups.map(fill);
  normal.note(step.body);
  normal.note(step.raw);
  let raw = step.raw === undefined ? undefined : fill(step.raw);
  if (step.repeat !== undefined) {
    const [head, unit, times, tail] = fill(step.repeat);
    raw = head + unit.repeat(times) + tail;
  }
  if (raw === undefined && step.body !== undefined && step.body !== null) raw = JSON.stringify(fill(step.body));
  if (raw !== undefined) headers['content-type'] = step.contentType ?? 'application/json';
  const body = raw === undefined ? undefined : Buffer.from(raw);
  if (body !== undefined) headers['content-length'] = String(body.length);
  return exchange(send, { method: step.method, target: fill(step.path), headers, body });
}

/** `{{ns}}` is the case's namespace, `{{1.metadata.uid}}` a value of the reply to the second step. */
function filled(value: AnyJson, known: Known): AnyJson {
  if (Array.isArray(value)) return value.map(each => filled(each, known));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [filled(key, known), filled(each, known)]));
  }
  if (typeof value !== 'string') return value;
  const [, whole] = /^\{\{([^{}]+)\}\}$/.exec(value) ?? [];
  if (whole !== undefined) return valueAt(whole, known);
  return value.replace(/\{\{([^{}]+)\}\}/g, (_, path: string) => String(valueAt(path, known)));
}

function valueAt(path: string, { namespace, replies }: Known): AnyJson {
  if (path === 'ns') return namespace;
  const [step = '', ...names] = path.split('.');
  return names.reduce((value, name) => value[name], replies[Number(step)]);
}

function differenceOf(step: AnyJson, want: AnyJson, got: Got, normal: Normal): string | undefined {
  if (want.status !== got.status) return `status: want ${want.status}, got ${got.status} ${got.text.slice(0, 300)}`;
  if (!('body' in want)) return undefined;
  const asText = step.keep === 'text' || typeof got.body === 'string';
  const body = asText ? normal.text(got.text) : normal.value(got.body);
  if (!isDeepStrictEqual(body, want.body)) return `body: want ${shown(want.body)}\n     got ${shown(body)}`;
  const pick = (headers: AnyJson) =>
    Object.fromEntries(
      comparedHeaders.filter(name => headers?.[name] !== undefined).map(name => [name, headers[name]]),
    );
  const mine = Object.fromEntries(
    comparedHeaders.map(name => [
      name,
      headerValues(got.headers, name)
        .map(each => normal.text(each))
        .join('\n'),
    ]),
  );
  const present = Object.fromEntries(Object.entries(mine).filter(([, value]) => value !== ''));
  if (isDeepStrictEqual(pick(want.headers), present)) return undefined;
  return `headers: want ${shown(pick(want.headers))}, got ${shown(present)}`;
}

function shown(value: AnyJson): string {
  return JSON.stringify(value)?.slice(0, 1000);
}
