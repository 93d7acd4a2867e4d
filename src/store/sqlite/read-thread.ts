/** The entry of the thread that reads: a long range stalls neither the event loop nor the writes. */

import { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { must } from '#lib/assert.ts';
import { reasonOf } from '#store/sqlite/file.ts';
import type { ReadReply, ReadRequest } from '#store/sqlite/messages.ts';
import { Reader } from '#store/sqlite/reader.ts';
import { CompactedError, FutureRevisionError } from '#store/store.ts';

const port: MessagePort = must(parentPort, 'runs as a thread');
const { path } = workerData as { path: string };

/** Opened with the first read: the writing thread may have to make the file first. */
let reader: Reader | undefined;

function read(request: ReadRequest): ReadReply {
  const { id } = request;
  try {
    reader ??= new Reader(new DatabaseSync(path, { readOnly: true, timeout: 10_000 }));
    const answer = request.type === 'range' ? reader.range(request) : reader.history(request);
    return { id, type: 'read', answer };
  } catch (error) {
    if (error instanceof CompactedError) {
      const { asked, compactRevision } = error;
      return { id, type: 'compacted', asked, compactRevision };
    }
    if (error instanceof FutureRevisionError) {
      const { asked, revision } = error;
      return { id, type: 'future', asked, revision };
    }
    return { id, type: 'failed', message: reasonOf(error) };
  }
}

port.on('message', (request: ReadRequest) => {
  const reply = read(request);
  port.postMessage(reply, reply.type === 'read' ? [reply.answer.values] : []);
});
