import type { Redis } from 'ioredis';
import { causesOf } from '../src/compliance/facts.js';
import type { DeviceKey } from '../src/compliance/device.js';
import type { Urgency } from '../src/queue/job.js';
import { readDevice, StateUnreadable, type DeviceState } from '../src/store/device.js';
import type { Prefix } from '../src/store/keys.js';

/** Whether a device waits for its turn, or is just having it: then it has a place in the line already. */
export function isInLine({ enforced, generation, failure }: Pick<DeviceState, 'enforced' | 'generation' | 'failure'>): boolean {
  return enforced < generation && failure === null;
}

/** How urgent a device is that goes back into the queue, by all that is known of it now: it neither loses its place nor takes another's. */
export async function urgencyNow({ redis, prefix, now }: { redis: Redis; prefix: Prefix; now: () => number }, key: DeviceKey): Promise<Urgency> {
  try {
    const state = await readDevice(redis, prefix, key);
    return state === null ? 'contain' : urgencyOf(state, now());
  } catch (error) {
    if (error instanceof StateUnreadable) return 'contain';
    throw error;
  }
}

/** As the budget's lanes have it (lanes.ts). */
export function urgencyOf({ facts, because }: Pick<DeviceState, 'facts' | 'because'>, nowMs: number): Urgency {
  const { compromised, operator } = facts;
  const byOnCall = operator !== null && (operator.untilMs === null || operator.untilMs > nowMs) ? operator.state : null;
  if (byOnCall === 'locked' || (byOnCall === null && compromised)) return 'compromised';
  if (byOnCall === 'unlocked') return 'release';
  if (because?.why === 'sweep') return 'sweep';
  return causesOf(facts).length > 0 ? 'contain' : 'release';
}
