/** Starts the controllers of one process over one client. */

import type { Client } from '#client/client.ts';
import { Informers } from '#client/informer.ts';
import type { ControllerSettings } from '#controllers/all.ts';
import { allControllers } from '#controllers/all.ts';
import type { ControllerDeps } from '#controllers/deps.ts';
import { enabledControllers } from '#controllers/enabled.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Random } from '#lib/random.ts';
import { EventRecorder } from '#loop/events.ts';
import type { Running } from '#loop/runner.ts';
import { runController } from '#loop/runner.ts';

export interface StartOptions extends ControllerSettings {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** `--controllers`: `['*']` as a rule. */
  readonly controllers: readonly string[];
  /** Makes shared objects read-only, so that a test sees who writes into one. */
  readonly freeze?: boolean;
}

export interface RunningControllers {
  readonly running: readonly Running[];
  /** True when none of them has anything to do now. */
  readonly idle: boolean;
  stop(): void;
}

export function startControllers(options: StartOptions): RunningControllers {
  const { client, clock, random, log, freeze } = options;
  const stopped = new AbortController();
  const informers = new Informers({
    client,
    clock,
    random,
    freeze,
    onError: ({ plural }, error) => log.warn('cannot follow a collection', { plural, error: String(error) }),
  });
  const recorders = new Map<string, EventRecorder>();
  const events = (component: string) => {
    let recorder = recorders.get(component);
    if (recorder === undefined)
      recorders.set(component, (recorder = new EventRecorder({ client, clock, log, component, recalls: true })));
    return recorder;
  };
  const deps: ControllerDeps = { client, informers, clock, random, log, events };
  const names = enabledControllers(options.controllers, Object.keys(allControllers));
  const running = names.flatMap(name => {
    const controller = allControllers[name]!(deps, options);
    return controller === undefined ? [] : [runController(controller, { clock, log, signal: stopped.signal })];
  });
  return {
    running,
    get idle() {
      return running.every(each => each.idle);
    },
    stop() {
      stopped.abort(new Error('the controllers were stopped'));
      informers.stop();
    },
  };
}
