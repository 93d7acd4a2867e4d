/** Starts the thread of the controllers and the scheduler. */

import { Worker } from 'node:worker_threads';

export interface Credentials {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface LoopsData {
  readonly url: string;
  readonly caPem: string;
  readonly controllerManager: Credentials;
  readonly schedulerCredentials: Credentials;
  readonly controllers: readonly string[];
  readonly scheduler: boolean;
  readonly podRange: string;
  /** Signs the tokens that lie in Secrets. */
  readonly serviceAccountKeyPem: string;
  /** Signs the certificates that are asked for. */
  readonly caKeyPem: string;
}

export interface Loops {
  stop(): Promise<void>;
}

/** `onFailure`: the thread has died of an error; it is not started again by itself. */
export function startLoops(data: LoopsData, onFailure: (error: Error) => void): Loops {
  const thread = new Worker(new URL('./loops-thread.ts', import.meta.url), { workerData: data });
  thread.on('error', onFailure);
  return {
    async stop() {
      thread.removeAllListeners('error');
      await thread.terminate();
    },
  };
}
