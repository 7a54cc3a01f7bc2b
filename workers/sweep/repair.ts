import { deviceKeys, type DeviceKey } from '../../src/compliance/device.js';
import type { ComplianceEvent } from '../../src/compliance/event.js';
import { UpstreamFailure } from '../../src/failure.js';
import { isDiscarded, type DeviceState } from '../../src/store/device.js';
import { ingest, NotTakenIn } from '../../src/store/ingest.js';
import type { Difference } from '../../src/store/sweep-memory.js';
import type { UemRecord } from '../../src/uem/record.js';
import { isInLine, urgencyNow } from '../urgency.js';
import { ask } from './ask.js';
import { lookAt, type Look } from './drift-notes.js';
import type { Sweep } from './sweep.js';

/** What became of a difference that was to be repaired; each has a line in docs/runbook.md. */
export const repairWords = ['taken_in', 'planned_again', 'in_line', 'left_to_human', 'settled_meanwhile', 'unreadable'] as const;
type RepairWord = (typeof repairWords)[number];

/** Hands every difference that can be repaired to the ordinary line, after UEM was asked about that device once more. */
export async function repair(sweep: Sweep): Promise<void> {
  const { memory, progress } = sweep;
  for await (const batch of memory.differences()) {
    for (const [key, difference] of batch) {
      if (!difference.repair || (await memory.repairOf(key)) !== null) continue;
      await memory.noteRepair(key, await repairOne(sweep, key, difference));
      progress.repair.done += 1;
      await memory.save(progress);
    }
  }
}

async function repairOne(sweep: Sweep, key: DeviceKey, { deviceId }: Difference): Promise<RepairWord> {
  const record = deviceId === null ? null : await readAgain(sweep, deviceId);
  if (record === 'refused') return 'unreadable';
  if (record === null || deviceKeys(record.event)[0] !== key) return 'settled_meanwhile';
  try {
    const look = await lookAt(sweep, { key, record });
    if (look?.event && look.drift.kinds.includes('facts_differ') && (await takeIn(sweep, look.event))) return 'taken_in';
  } catch (problem) {
    if (!(problem instanceof NotTakenIn)) throw problem;
    sweep.log.warn({ key, detail: problem.message }, 'sweep: a device cannot be repaired');
    return 'unreadable';
  }
  return await planAgain(sweep, key, await lookAt(sweep, { key, record: withoutNews(record) }));
}

/** What UEM says where something newer is known: it moves no fact. */
function withoutNews({ event, ...record }: UemRecord): UemRecord {
  return { ...record, event: { ...event, time: null } };
}

/** UEM's record of the device by its id; null when it is gone, `refused` where UEM will not tell of this one device. */
async function readAgain(sweep: Sweep, deviceId: string): Promise<UemRecord | null | 'refused'> {
  try {
    return await ask(sweep, { upstream: 'uem', operation: 'getDevice', target: deviceId }, () => sweep.uem.getDevice(deviceId));
  } catch (problem) {
    if (!(problem instanceof UpstreamFailure)) throw problem;
    if (problem.details.kind === 'not_found') return null;
    sweep.log.warn({ deviceId, detail: problem.message }, 'sweep: a device cannot be read again');
    return 'refused';
  }
}

/** Takes in what UEM says as an event of its own; false where something newer is known. */
async function takeIn(sweep: Sweep, event: ComplianceEvent): Promise<boolean> {
  const { redis, queue } = sweep;
  const kept = { EventType: 'Sweep', DeviceId: event.enrolment, Platform: event.platform, says: event.says };
  const { key, result } = await ingest(redis, { event, kept, why: 'sweep' }, sweep);
  if (key === undefined || result !== 'queued') return false;
  await queue.add(key, await urgencyNow(sweep, key));
  return true;
}

/** Has the directory read again where no fact moves. What a human holds, or has left as it is, and what is in the line already stays as it is. */
async function planAgain(sweep: Sweep, key: DeviceKey, look: Look | null): Promise<RepairWord> {
  const { store, queue, now } = sweep;
  if (look === null) return 'unreadable';
  if (!look.drift.replan) return 'settled_meanwhile';
  const { state } = look;
  if (state !== null && isLeftToHuman(state)) return 'left_to_human';
  if (state !== null && isInLine(state)) return 'in_line';
  if ((await store.planAgain(key, now(), { recheck: true, why: 'sweep' })) === 0) return 'settled_meanwhile';
  await queue.add(key, await urgencyNow(sweep, key));
  return 'planned_again';
}

function isLeftToHuman(state: DeviceState): boolean {
  return state.held !== null || isDiscarded(state);
}
