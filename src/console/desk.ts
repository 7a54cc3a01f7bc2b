import type { Redis } from 'ioredis';
import type { DeviceKey } from '../compliance/device.js';
import { policyInForce } from '../store/policy.js';
import { judge, type Verdict } from '../compliance/verdict.js';
import type { EnforcementQueue } from '../queue/enforcement-queue.js';
import { keepAudit } from '../store/audit.js';
import type { DeviceState } from '../store/device.js';
import type { EnforcementStore } from '../store/enforcement.js';
import type { Prefix } from '../store/keys.js';

/** Where on-call works: what the functions behind the console's API and the command act on. */
export type Desk = { redis: Redis; prefix: Prefix; queue: EnforcementQueue; store: EnforcementStore; now: () => number };

/** Who has the relay do something, and why. */
export type Order = { by: string; reason: string };

/** Writes down an order before it is carried out. */
export async function record(desk: Desk, order: Order, { what, target }: { what: string; target: string }): Promise<void> {
  await keepAudit(desk.redis, desk.prefix, { at: desk.now(), by: order.by, what, target, reason: order.reason });
}

/** What a device would be brought to if it were planned now. */
export async function verdictOn(desk: Desk, state: DeviceState): Promise<Verdict> {
  const policy = await policyInForce(desk.redis, desk.prefix);
  return judge(state.facts, policy, { subject: state, nowMs: desk.now(), permitted: false });
}

/** How a list of devices is named in the audit. */
export function nameDevices(keys: DeviceKey[]): string {
  return keys.length === 1 ? (keys[0] ?? '') : `${keys.length} devices`;
}
