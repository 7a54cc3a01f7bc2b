import type { Policy } from '../src/compliance/policy.js';
import { judge } from '../src/compliance/verdict.js';
import { deviceKeysOf, readDevice, type DeviceState } from '../src/store/device.js';
import { readAdoptedPolicy, writeAdoptedPolicy } from '../src/store/policy.js';
import type { Upkeep } from './upkeep.js';
import { isInLine, urgencyOf } from './urgency.js';

/** Plans again every device for which the policy says something else than the policy before it. Harmless when several workers do it. */
export async function adoptPolicy(upkeep: Upkeep, policy: Policy): Promise<void> {
  const { redis, prefix, log } = upkeep;
  try {
    const before = await readAdoptedPolicy(redis, prefix);
    if (JSON.stringify(before) === JSON.stringify(policy)) return;
    const affected = before === null ? 0 : await planAffected(upkeep, { before, after: policy });
    await writeAdoptedPolicy(redis, prefix, policy);
    log.info({ affected }, 'policy adopted');
  } catch (error) {
    log.error({ error, alert: 'policy_not_adopted' }, 'the devices that a changed policy affects were not all planned again: restart the worker');
  }
}

async function planAffected(upkeep: Upkeep, policies: { before: Policy; after: Policy }): Promise<number> {
  const { redis, prefix, store, queue, now } = upkeep;
  let affected = 0;
  for await (const key of deviceKeysOf(redis, prefix)) {
    const state = await readDevice(redis, prefix, key);
    if (state === null || !differs(state, policies, now())) continue;
    await store.planAgain(key, now(), { why: 'policy' });
    await queue.add(key, isInLine(state) ? urgencyOf(state, now()) : 'recheck');
    affected++;
  }
  return affected;
}

function differs(state: DeviceState, { before, after }: { before: Policy; after: Policy }, nowMs: number): boolean {
  const [was, is] = [before, after].map((policy) => judge(state.facts, policy, { subject: state, nowMs, permitted: false }));
  return JSON.stringify(was) !== JSON.stringify(is);
}
