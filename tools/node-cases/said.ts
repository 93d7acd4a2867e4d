/** The Events of a case, compared with those recorded: each once, whatever its count. */

import type { HttpClient } from '#lib/http/client.ts';
import type { AnyJson } from '#machinery/schema.ts';
import type { Names } from './names.ts';
import { ask } from './steps.ts';

/** What differs from run to run: durations, sizes, addresses of sockets. */
function settled(text: string): string {
  return text
    .replace(/\b\d+(\.\d+)?(ms|s|µs)\b(?= \(| including)/g, '<d>')
    .replace(/Image size: \d+ bytes/, 'Image size: <n> bytes')
    .replace(/<podip>|<podip:[^>]*>/g, '<podip>')
    .replace(/(tcp|udp) (<podip>|<hostip>|127\.0\.0\.1):\d+->/g, '$1 $2:<port>->');
}

const lineOf = (event: AnyJson) =>
  settled(`${event.type} ${event.reason} ${event.object} ${event.fieldPath ?? ''} [${event.source}] ${event.message}`);

/** `goesOn`: the recorder stopped on the way, and what is said after that does not count. */
export async function compareEvents(
  http: HttpClient,
  recorded: readonly AnyJson[],
  names: Names,
  goesOn: boolean,
): Promise<string[]> {
  const { body } = await ask(http, 'GET', `/api/v1/namespaces/${names.namespace}/events`);
  const seen = new Set<string>();
  for (const event of body.items) {
    const { kind, name, fieldPath } = event.involvedObject;
    const { type, reason, message } = names.walk(event);
    const source = event.source?.component || event.reportingComponent;
    seen.add(lineOf({ type, reason, message, object: `${kind}/${names.text(name)}`, fieldPath, source }));
  }
  const wanted = new Set(recorded.filter(({ maybe }) => !maybe).map(lineOf));
  const known = new Set(recorded.map(lineOf));
  const missing = [...wanted].filter(line => !seen.has(line)).map(line => `  - ${line}`);
  const extra = [...seen].filter(line => !goesOn && !known.has(line)).map(line => `  + ${line}`);
  return missing.length + extra.length === 0 ? [] : [`Events:\n${[...missing, ...extra].join('\n')}`];
}
