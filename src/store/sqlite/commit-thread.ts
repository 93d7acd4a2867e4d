/**
 * The entry of the thread that writes. Everything that has arrived while the last commit was on its way to the disk goes into
 * the next one: one fsync for all of it.
 */

import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { must } from '#lib/assert.ts';
import { Committer, type WriteBatch } from '#store/sqlite/committer.ts';
import { type OpenFile, openFile, reasonOf } from '#store/sqlite/file.ts';
import type { CommitReply, CommitRequest } from '#store/sqlite/messages.ts';

/** In one transaction. */
const operationsMax = 2_000;

const port: MessagePort = must(parentPort, 'runs as a thread');

function reply(message: CommitReply, handOver: ArrayBuffer[] = []): void {
  port.postMessage(message, handOver);
}

function serve(file: OpenFile, committer: Committer): void {
  const write = (first: WriteBatch) => {
    const batches = [first];
    let operationsCount = first.operations.length;
    let after: CommitRequest | undefined;
    while (operationsCount < operationsMax && after === undefined) {
      const next = receiveMessageOnPort(port)?.message as CommitRequest | undefined;
      if (next === undefined) break;
      if (next.type !== 'write') after = next;
      else {
        batches.push(next);
        operationsCount += next.operations.length;
      }
    }
    try {
      const { outcomes, values } = committer.commit(batches);
      reply({ type: 'committed', revision: committer.revision, outcomes, values }, [values]);
    } catch (error) {
      reply({ type: 'failed', operationsCount, message: reasonOf(error) });
    }
    if (after !== undefined) handle(after);
  };
  const handle = (request: CommitRequest) => {
    if (request.type === 'write') return write(request);
    if (request.type === 'close') {
      file.close();
      reply({ type: 'closed' });
      port.close();
      return;
    }
    try {
      if (request.type === 'sweep') return reply({ type: 'swept', more: committer.sweep() });
      committer.compact(request.revision);
      reply({ type: 'compacted' });
    } catch (error) {
      // A sweep that failed is begun again after the next compaction.
      reply(
        request.type === 'sweep' ? { type: 'swept', more: false } : { type: 'compacted', message: reasonOf(error) },
      );
    }
  };
  port.on('message', handle);
}

function start(): void {
  let file: OpenFile;
  try {
    file = openFile((workerData as { path: string }).path);
  } catch (error) {
    reply({ type: 'refused', message: (error as Error).message });
    return;
  }
  const committer = new Committer(file.database);
  serve(file, committer);
  reply({ type: 'opened', revision: committer.revision, swept: committer.isSwept, terms: committer.terms() });
}

start();
