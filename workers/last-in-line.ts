import type { Log } from '../src/log.js';
import type { EnforcementQueue } from '../src/queue/enforcement-queue.js';
import { Calls } from './calls.js';
import type { Limits } from './enforce.js';

export type LastInLine = Limits & { queue: EnforcementQueue; log: Log; now: () => number };

const lanes = { looking: 'sweep', acting: 'sweep' } as const;
const readsOnly = { stillCurrent: () => Promise.resolve(true), hold: () => null, saveIntent: () => Promise.resolve() };

/** Reads that can wait, last in the line of all that Okta is asked. `key` names who asks among those that wait for the budget. */
export function lastInLine({ blocks, budget, lookUps, log, now, queue }: LastInLine, key: string): Calls {
  return new Calls({ key, blocks, budget, lookUps, lanes, simulated: false, log, now, attempt: 1, ...readsOnly, onResumed: () => queue.resumeWaiting() });
}
