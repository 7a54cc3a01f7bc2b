import type { DeviceKey } from '../compliance/device.js';
import type { OperatorFact } from '../compliance/facts.js';
import { versionOf } from '../compliance/version.js';
import { record, type Desk, type Order } from './desk.js';

/** On-call's word about a device: it goes before everything that UEM says, until it expires. Returns when, or null for an unknown device. */
export async function override(desk: Desk, key: DeviceKey, order: Order & { state: OperatorFact['state']; forMs: number }): Promise<number | null> {
  const nowMs = desk.now();
  const { state, forMs, by, reason } = order;
  await record(desk, order, { what: `device ${state === 'locked' ? 'lock' : 'unlock'} for ${Math.round(forMs / 60_000)} min`, target: key });
  const fact = { state, since: versionOf(nowMs), untilMs: nowMs + forMs, reason, by };
  if (!(await desk.store.saveOperator(key, fact, nowMs))) return null;
  await desk.queue.add(key, state === 'locked' ? 'compromised' : 'release');
  return nowMs + forMs;
}
