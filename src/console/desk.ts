import type { Redis } from 'ioredis';
import type { DeviceKey } from '../compliance/device.js';
import type { Policy } from '../compliance/policy.js';
import { judge, type Verdict } from '../compliance/verdict.js';
import type { EnforcementQueue } from '../queue/enforcement-queue.js';
import type { ReconciliationQueue } from '../queue/reconciliation-queue.js';
import { keepAudit } from '../store/audit.js';
import type { DeviceState } from '../store/device.js';
import type { EnforcementStore } from '../store/enforcement.js';
import type { Prefix } from '../store/keys.js';
import { policyInForce } from '../store/policy.js';

/** Where on-call works: what the functions behind the console's API and the command act on. */
export type Desk = { redis: Redis; prefix: Prefix; queue: EnforcementQueue; reconciliation: ReconciliationQueue; store: EnforcementStore; now: () => number };

/** Who has the relay do something, and why. */
export type Order = { by: string; reason: string };

/** How many devices a list shows, at most: one that is longer says that it is cut. */
export const listedAtMost = 5_000;

/** Writes down an order before it is carried out. */
export async function record(desk: Desk, order: Order, { what, target, keys }: { what: string; target: string; keys?: DeviceKey[] }): Promise<void> {
  await keepAudit(desk.redis, desk.prefix, { at: desk.now(), by: order.by, what, target, ...(keys && { keys }), reason: order.reason });
}

/** By what a device is judged for people: the policy in force, and the moment. */
export type Yardstick = { policy: Policy; nowMs: number };

/** The yardstick of this moment. */
export async function yardstickOf({ redis, prefix, now }: Pick<Desk, 'redis' | 'prefix' | 'now'>): Promise<Yardstick> {
  return { policy: await policyInForce(redis, prefix), nowMs: now() };
}

/** What a device would be brought to if it were planned now; `permitted`: if a human released it. */
export function verdictOn(state: DeviceState, { policy, nowMs }: Yardstick, permitted = false): Verdict {
  return judge(state.facts, policy, { subject: state, nowMs, permitted });
}

const words = { contain: 'lock_out', free: 'let_in', grace: 'nothing', hold: 'nothing', none: 'nothing' } as const;

/** What planning a device with this verdict does to it. */
export function consequenceOf({ posture }: Verdict): 'lock_out' | 'let_in' | 'nothing' {
  return words[posture];
}

/** How a list of devices is named in the audit. */
export function nameDevices(keys: DeviceKey[]): string {
  return keys.length === 1 ? (keys[0] ?? '') : `${keys.length} devices`;
}
