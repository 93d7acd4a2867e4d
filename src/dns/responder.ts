/** From the bytes of a query to the bytes of its reply. */

import type { Carrier, Forwarder } from '#dns/forward.ts';
import type { DnsRecord, Name, Query, Reply } from '#dns/message.ts';
import {
  classOf,
  messageBytesMax,
  rcodeOf,
  readQuery,
  readReply,
  udpBytesMax,
  udpBytesMin,
  writeProblem,
  writeQuery,
  writeReply,
} from '#dns/message.ts';
import type { Answer, ZoneData } from '#dns/zone.ts';
import { answer } from '#dns/zone.ts';
import type { Random } from '#lib/random.ts';

export interface ResponderOptions {
  readonly data: ZoneData;
  readonly random: Random;
  /** False until the data is complete: nothing is denied before. */
  readonly ready: () => boolean;
  readonly forwarder: Forwarder | undefined;
}

export type Responder = (message: Uint8Array, carrier: Carrier) => Promise<Uint8Array | undefined>;

const none = { answers: [], authority: [], additional: [] };

export function createResponder(options: ResponderOptions): Responder {
  return async (message, carrier) => {
    const query = readQuery(message);
    if (query === undefined) return undefined;
    if ('rcode' in query) return writeProblem(query.id, query.rcode);
    const bytesMax = carrier === 'tcp' ? messageBytesMax : udpRoom(query);
    const write = (reply: Partial<Reply> & { rcode: number }) =>
      writeReply(
        query,
        { authoritative: false, recursionAvailable: options.forwarder !== undefined, ...none, ...reply },
        bytesMax,
      );
    if (query.edns !== undefined && query.edns.version !== 0) return write({ rcode: rcodeOf.badVersion });
    if (query.question.class !== classOf.IN && query.question.class !== classOf.ANY) {
      return write({ rcode: rcodeOf.refused });
    }
    const found = answer(query.question, options.data);
    if (!options.ready() && found !== undefined) return write({ rcode: rcodeOf.failure });
    if (found === undefined || found.mayForward) {
      const forwarded = await forward(options.forwarder, query, message, carrier);
      if (forwarded !== undefined) return forwarded;
      if (found === undefined) {
        return write({ rcode: options.forwarder === undefined ? rcodeOf.refused : rcodeOf.failure });
      }
    }
    const answers = [...found.answers, ...(await addressesOutside(found, query, options))];
    return write({ ...found, answers: shuffled(answers, options.random), authoritative: true });
  };
}

function udpRoom({ edns }: Query): number {
  return Math.max(udpBytesMin, Math.min(edns?.udpBytesMax ?? udpBytesMin, udpBytesMax));
}

async function forward(
  forwarder: Forwarder | undefined,
  query: Query,
  message: Uint8Array,
  carrier: Carrier,
): Promise<Uint8Array | undefined> {
  return query.recursionDesired ? forwarder?.ask(message, carrier) : undefined;
}

/** Where an alias leads out of the cluster, the addresses there; the alias alone when nobody knows them. */
async function addressesOutside(
  { leadsTo }: Answer,
  { id, question, recursionDesired }: Query,
  { forwarder }: ResponderOptions,
): Promise<readonly DnsRecord[]> {
  if (leadsTo === undefined || forwarder === undefined || !recursionDesired) return [];
  const asked = writeQuery(id, { ...question, name: leadsTo as Name });
  const reply = await forwarder.ask(asked, 'udp');
  return (reply && readReply(reply)?.answers) ?? [];
}

/** Clients take the first address, so each is the first in turn. Aliases stay before what they lead to. */
function shuffled(records: readonly DnsRecord[], random: Random): DnsRecord[] {
  const aliases = records.filter(({ type }) => type === 'CNAME');
  const others = records.filter(({ type }) => type !== 'CNAME');
  for (let left = others.length - 1; left > 0; left--) {
    const other = Math.floor(random.next() * (left + 1));
    [others[left], others[other]] = [others[other]!, others[left]!];
  }
  return [...aliases, ...others];
}
