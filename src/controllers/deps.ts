/** What every controller is handed. */

import type { Client } from '#client/client.ts';
import type { Informers } from '#client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Random } from '#lib/random.ts';
import type { EventRecorder } from '#loop/events.ts';

export interface ControllerDeps {
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The recorder whose Events carry this component's name. */
  readonly events: (component: string) => EventRecorder;
}
