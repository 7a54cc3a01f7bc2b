import { randomUUID } from 'node:crypto';
import type { Policy } from '../src/compliance/policy.js';
import { isAffected } from '../src/compliance/policy-change.js';
import { judge } from '../src/compliance/verdict.js';
import { deviceKeyBatches, readDevice, staysAsItIs, StateUnreadable, type DeviceState } from '../src/store/device.js';
import { PolicyTurn } from '../src/store/policy-turn.js';
import { forgetReplaced, policyInForce, putInForce, replacedPolicies, withdraw, type PolicyClaim, type Replaced } from '../src/store/policy.js';
import type { Upkeep } from './upkeep.js';
import { isInLine, urgencyOf } from './urgency.js';

/** A worker that has not spoken up for several times as long is taken for stopped. */
const everyMs = 15_000;

export type Adopting = { stop: () => Promise<void> };

/** `superseded`: the policy of the file does not hold, and that was said. */
type Adoption = Upkeep & { claim: PolicyClaim; superseded: boolean; turn: PolicyTurn; signal: AbortSignal };

/**
 * Puts the policy of this worker's file in force for all workers, unless it is an earlier one; resolves when Redis has it. Then every device
 * that a change of policy affects is planned again, also what another worker was not able to finish.
 */
export async function startAdopting(upkeep: Upkeep, policy: Policy): Promise<Adopting> {
  const { redis, prefix } = upkeep;
  const worker = randomUUID();
  const end = new AbortController();
  const adoption: Adoption = { ...upkeep, claim: { policy, worker, insists: true }, superseded: false, turn: new PolicyTurn(redis, prefix, worker), signal: end.signal };
  const word = await claim(adoption);
  let looking: Promise<void> | null = null;
  const look = (claiming: () => Promise<Word>) => {
    looking ??= claiming().then((said) => adopt(adoption, said)).catch((error: unknown) => tell(upkeep, error)).finally(() => (looking = null));
  };
  look(() => Promise.resolve(word));
  const timer = setInterval(() => look(() => claim(adoption)), everyMs).unref();
  return {
    stop: async () => {
      clearInterval(timer);
      end.abort();
      await looking;
      await withdraw(redis, prefix, adoption.claim);
    },
  };
}

/** It is tried again. */
function tell({ log }: Upkeep, error: unknown): void {
  log.error({ error, alert: 'policy_not_adopted' }, 'the devices that a changed policy affects could not all be planned again yet');
}

type Word = Awaited<ReturnType<typeof putInForce>>;

async function claim(adoption: Adoption): Promise<Word> {
  const word = await putInForce(adoption.redis, adoption.prefix, adoption.claim);
  if (word === 'superseded' && !adoption.superseded) tellSuperseded(adoption);
  adoption.superseded = word === 'superseded';
  if (!adoption.superseded) adoption.claim.insists = false;
  return word;
}

async function adopt(adoption: Adoption, word: Word): Promise<void> {
  const { redis, prefix, log, turn } = adoption;
  const replaced = await replacedPolicies(redis, prefix);
  if (replaced.length === 0) {
    if (word === 'put') log.info({ affected: 0 }, 'policy adopted');
    return;
  }
  if (!(await turn.take())) return;
  try {
    await planReplaced(adoption, replaced);
  } finally {
    await turn.end();
  }
}

/** A worker that was started before the change only waits for its own restart. */
function tellSuperseded({ claim: { insists }, log }: Adoption): void {
  if (insists) log.warn({ alert: 'policy_superseded' }, 'the policy file of this worker is an earlier one: the one that other workers have in their file holds');
  else log.info('another worker has put another policy in force');
}

type Count = { affected: number; unreadable: number };

async function planReplaced(adoption: Adoption, replaced: Replaced[]): Promise<void> {
  const { redis, prefix, log, turn, signal } = adoption;
  const after = await policyInForce(redis, prefix);
  const count: Count = { affected: 0, unreadable: 0 };
  for await (const keys of deviceKeyBatches(redis, prefix)) {
    if (signal.aborted || !(await turn.goOn())) return;
    for (const key of keys) await planIfAffected(adoption, key, { replaced, after, count });
  }
  await forgetReplaced(redis, prefix, replaced);
  log.info(count, 'policy adopted');
}

type Change = { replaced: Replaced[]; after: Policy; count: Count };

async function planIfAffected(adoption: Adoption, key: string, { replaced, after, count }: Change): Promise<void> {
  const { store, queue, now } = adoption;
  const state = await read(adoption, key);
  if (state === 'unreadable') count.unreadable += 1;
  if (state === null || state === 'unreadable') return;
  const device = { ...state, staysAsItIs: staysAsItIs(state) };
  if (!replaced.some(({ policy }) => policy === null || isAffected(device, { before: policy, after }, now()))) return;
  count.affected += 1;
  const { posture } = judge(state.facts, after, { subject: state, nowMs: now(), permitted: false });
  // A lock-out that was complete by the policy before is not by this one: its records are looked for again.
  const planned = await store.planAgain(key, now(), { recheck: posture === 'contain', why: 'policy', evenDiscarded: true });
  if (planned > 0) await queue.add(key, isInLine(state) ? urgencyOf(state, now()) : 'recheck');
}

/** One device that cannot be read does not keep the others from being planned. */
async function read({ redis, prefix, log }: Adoption, key: string): Promise<DeviceState | 'unreadable' | null> {
  try {
    return await readDevice(redis, prefix, key);
  } catch (error) {
    if (!(error instanceof StateUnreadable)) throw error;
    const line = { key, detail: error.message, ...(!error.unknownVersion && { alert: 'device_unreadable' }) };
    log.warn(line, 'what a changed policy means for a device is not known');
    return 'unreadable';
  }
}
