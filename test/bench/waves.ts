import { setTimeout as delay } from 'node:timers/promises';
import type { Wave } from './device.js';
import { keys } from './redis-usage.js';
import { sendLoad } from './send-load.js';
import type { Stage } from './stage.js';
import type { Subject } from './subject.js';

const atOnce = 10_000;

type Portions = { count: number; complianceStatus: Wave['complianceStatus']; firstDevice?: number };

/** Sends a wave in portions, so that the sender does not hold everything in memory. */
export async function sendWave({ plan }: Stage, { url }: Subject, { count, complianceStatus, firstDevice = 0 }: Portions): Promise<void> {
  const { connections, patienceMs } = plan;
  for (let sent = 0; sent < count; sent += atOnce) {
    const amount = Math.min(atOnce, count - sent);
    const wave = { firstDevice: firstDevice + sent, complianceStatus, firstEventAt: Date.now() - 60_000 };
    await sendLoad({ url, connections: Math.min(connections, amount), amount, patienceMs, wave });
  }
}

/** Resolves when no device is waiting to be enforced any longer. */
export async function allEnforced({ plan, redis }: Stage): Promise<void> {
  const client = redis.connect();
  const deadline = Date.now() + plan.patienceMs;
  for (;;) {
    const left = await client.zcard(keys.dirty);
    if (left === 0) return;
    if (Date.now() > deadline) throw new Error(`${left} devices were not enforced in time.`);
    await delay(50);
  }
}

/** Resolves when Entra ID has been asked to sign so many users out. */
export async function allSignedOut({ plan, entra }: Stage, count: number): Promise<void> {
  const deadline = Date.now() + plan.patienceMs;
  while (entra.calls('revokeSignInSessions').length < count) {
    if (Date.now() > deadline) throw new Error(`Of ${count} users not all were signed out in time.`);
    await delay(50);
  }
}
