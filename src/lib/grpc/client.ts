/**
 * A gRPC client over plain HTTP/2: one call with one answer, or with a stream of answers. Messages are bytes.
 *
 * One session carries all calls. It is opened by the first, and opened again by the next call after it was lost; the calls
 * under way then fail with Unavailable, and whether to try again is the caller's to know.
 */

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Clock } from '#lib/clock.ts';

/** By number on the wire, from 0. */
const statusNames = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
] as const;

export type GrpcCode = Exclude<(typeof statusNames)[number], 'OK'>;

export class GrpcError extends Error {
  override name = 'GrpcError';
  readonly code: GrpcCode;
  constructor(code: GrpcCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface GrpcCall {
  /** `/runtime.v1.RuntimeService/Version` */
  path: string;
  message: Uint8Array;
  metadata?: Readonly<Record<string, string>> | undefined;
  /** Absent: no limit. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface GrpcClient {
  unary(call: GrpcCall): Promise<Uint8Array>;
  /** Resolves when the server has ended the stream well; rejects in any other case. */
  serverStream(call: GrpcCall, onMessage: (message: Uint8Array) => void): Promise<void>;
  /** Fails the calls under way. */
  close(): void;
}

export interface GrpcClientOptions {
  /** Opens the connection, for example `() => net.connect(socketPath)`. */
  connect: () => Duplex;
  clock: Clock;
  /** The largest message that is taken; a larger one fails the call. */
  messageBytesMax?: number;
}

/** What upstream's kubelet takes from a runtime. */
const defaultMessageBytesMax = 16 << 20;
const frameHeadBytes = 5;

export function grpcClient(options: GrpcClientOptions): GrpcClient {
  const messageBytesMax = options.messageBytesMax ?? defaultMessageBytesMax;
  let session: ClientHttp2Session | undefined;
  let closed = false;

  function openSession(): ClientHttp2Session {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    const opened = connect('http://localhost', { createConnection: () => options.connect() });
    const forget = () => {
      if (session === opened) session = undefined;
    };
    // The streams fail with the session and carry its error; here it only must not be thrown.
    opened.on('error', forget).on('goaway', forget).on('close', forget);
    session = opened;
    return opened;
  }

  function serverStream(call: GrpcCall, onMessage: (message: Uint8Array) => void): Promise<void> {
    if (closed) return Promise.reject(new GrpcError('Canceled', 'the client is closed'));
    if (call.signal?.aborted) return Promise.reject(new GrpcError('Canceled', 'canceled by the caller'));
    const stream = openSession().request(requestHeaders(call));
    stream.end(frame(call.message));
    return follow(stream, call, options.clock, frameReader(messageBytesMax, onMessage));
  }

  return {
    serverStream,
    async unary(call) {
      let answer: Uint8Array | undefined;
      await serverStream(call, message => {
        answer = message;
      });
      if (answer === undefined) throw new GrpcError('Internal', `${call.path} ended without an answer`);
      return answer;
    },
    close() {
      closed = true;
      session?.destroy();
    },
  };
}

function requestHeaders(call: GrpcCall): Record<string, string> {
  return {
    ':method': 'POST',
    ':path': call.path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...(call.timeoutMs === undefined ? {} : { 'grpc-timeout': `${Math.ceil(call.timeoutMs)}m` }),
    ...call.metadata,
  };
}

/** Waits for the end of a call, whichever of server, deadline, caller and connection ends it. */
function follow(
  stream: ClientHttp2Stream,
  call: GrpcCall,
  clock: Clock,
  read: (chunk: Uint8Array) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: GrpcError | undefined;
    let status: Record<string, unknown> = {};
    const fail = (error: GrpcError) => {
      failure ??= error;
      stream.close(constants.NGHTTP2_CANCEL);
    };
    const onAbort = () => fail(new GrpcError('Canceled', 'canceled by the caller'));
    call.signal?.addEventListener('abort', onAbort, { once: true });
    const deadline =
      call.timeoutMs === undefined
        ? undefined
        : clock.after(call.timeoutMs, () => fail(new GrpcError('DeadlineExceeded', 'context deadline exceeded')));

    stream.on('response', headers => {
      status = headers; // A call that fails at once has its status here and no trailers.
      if (headers[':status'] !== 200) fail(new GrpcError('Unavailable', `HTTP status ${headers[':status']}`));
    });
    stream.on('trailers', trailers => {
      status = trailers;
    });
    stream.on('data', (chunk: Uint8Array) => {
      try {
        read(chunk);
      } catch (error) {
        fail(error instanceof GrpcError ? error : new GrpcError('Internal', String(error), { cause: error }));
      }
    });
    stream.on('error', error => {
      failure ??= new GrpcError('Unavailable', `${call.path}: ${error.message}`, { cause: error });
    });
    stream.on('close', () => {
      deadline?.cancel();
      call.signal?.removeEventListener('abort', onAbort);
      failure ??= statusError(status);
      if (failure === undefined) resolve();
      else reject(failure);
    });
  });
}

/** The error that the trailers tell, undefined for OK. */
function statusError(trailers: Readonly<Record<string, unknown>>): GrpcError | undefined {
  const sent = trailers['grpc-status'];
  if (sent === undefined) return new GrpcError('Unavailable', 'the connection ended before the answer');
  const name = statusNames[Number(sent)] ?? 'Unknown';
  return name === 'OK' ? undefined : new GrpcError(name, percentDecoded(String(trailers['grpc-message'] ?? '')));
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** One message with its head: an uncompressed flag and the length. */
function frame(message: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(frameHeadBytes + message.length);
  out[0] = 0;
  out.writeUInt32BE(message.length, 1);
  out.set(message, frameHeadBytes);
  return out;
}

/** Cuts the chunks of a stream into messages. */
function frameReader(messageBytesMax: number, onMessage: (message: Uint8Array) => void): (chunk: Uint8Array) => void {
  let chunks: Uint8Array[] = [];
  let bufferedBytes = 0;
  let neededBytes = frameHeadBytes;
  return chunk => {
    chunks.push(chunk);
    bufferedBytes += chunk.length;
    if (bufferedBytes < neededBytes) return;
    let rest = chunks.length === 1 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat(chunks);
    for (;;) {
      neededBytes = rest.length < frameHeadBytes ? frameHeadBytes : frameHeadBytes + rest.readUInt32BE(1);
      if (neededBytes > frameHeadBytes + messageBytesMax) {
        throw new GrpcError('ResourceExhausted', `a message is larger than ${messageBytesMax} bytes`);
      }
      if (rest.length < neededBytes) break;
      if (rest[0] !== 0) throw new GrpcError('Unimplemented', 'a message is compressed');
      onMessage(rest.subarray(frameHeadBytes, neededBytes));
      rest = rest.subarray(neededBytes);
    }
    chunks = rest.length === 0 ? [] : [rest];
    bufferedBytes = rest.length;
  };
}
