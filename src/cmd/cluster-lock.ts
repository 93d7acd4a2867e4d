/**
 * One command at a time changes a cluster: two that start it at once would each start a control plane. The lock is a name
 * that is gone with the process that held it, however that ended. Who waits is connected to who
 * holds it: the end of the connection says that it is free.
 */

import { connect, createServer, type Server, type Socket } from 'node:net';
import { localName, removeStaleName } from '#cmd/local-name.ts';

export interface ClusterLock {
  release(): void;
}

export interface LockOptions {
  /** The cluster's folder. */
  readonly directory: string;
  /** What the waiting read: `proa up`. */
  readonly holder: string;
  /** Told once, when somebody else has the lock. */
  onWait(holder: string): void;
  readonly signal?: AbortSignal | undefined;
}

export async function lockCluster(options: LockOptions): Promise<ClusterLock> {
  const name = localName('lock', options.directory);
  let told = false;
  const tell = (holder: string) => {
    if (!told) options.onWait(holder);
    told = true;
  };
  for (;;) {
    options.signal?.throwIfAborted();
    const held = await hold(name, options.holder);
    if (held !== undefined) return held;
    await released(name, options.signal, tell);
  }
}

function hold(name: string, holder: string): Promise<ClusterLock | undefined> {
  return new Promise((resolve, reject) => {
    const waiting = new Set<Socket>();
    const server: Server = createServer(socket => {
      waiting.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => waiting.delete(socket));
      socket.write(`${holder} (pid ${process.pid})`);
    });
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(name, () => {
      const release = () => {
        server.close();
        for (const socket of waiting) socket.destroy();
      };
      resolve({ release });
    });
  });
}

/** Until the one who has it now gives it back, or ends. */
function released(name: string, signal: AbortSignal | undefined, tell: (holder: string) => void): Promise<void> {
  return new Promise(resolve => {
    const socket = connect(name);
    const stop = () => socket.destroy();
    signal?.addEventListener('abort', stop, { once: true });
    socket.once('data', holder => tell(String(holder)));
    // It was released between our attempt and this.
    socket.on('error', () => removeStaleName(name));
    socket.on('close', () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
  });
}
