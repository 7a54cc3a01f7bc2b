import { setTimeout as pause } from 'node:timers/promises';
import type { DeviceRecord, RecordStatus } from '../compliance/record.js';
import { UpstreamFailure } from '../failure.js';
import type { Answered, HttpAnswer } from '../http-call.js';
import { requestId } from './answer.js';

type Lifecycle<Target extends RecordStatus> = {
  operation: 'suspendDevice' | 'unsuspendDevice';
  target: Target;
  /** Sends the lifecycle request. */
  send: () => Promise<HttpAnswer>;
  /** Reads the device by id. */
  read: () => Promise<Answered<DeviceRecord>>;
};

/** Milliseconds before each read: recorded reads by id still showed the old status a second after the change. */
const confirmationDelaysMs = [250, 500, 1_000, 2_000];

/**
 * Brings a device to the target status. 204 is Okta's acknowledgement; after any other answer that may mean "already there" the device
 * is read until it shows the target. Throws `UpstreamFailure` `rejected` `not_confirmed` when it never does; a lost answer is thrown on
 * as it came, for the caller to try again.
 */
export async function changeStatus<Target extends RecordStatus>(
  change: Lifecycle<Target>,
  delaysMs: readonly number[] = confirmationDelaysMs,
): Promise<Answered<Target | 'deactivated'>> {
  const answer = await acknowledged(change.send);
  if (answer?.status === 204) return { value: change.target, status: 204, requestId: requestId(answer) };
  let status: number | undefined;
  for (const delayMs of [0, ...delaysMs]) {
    await pause(delayMs);
    const seen = await change.read();
    if (seen.value.status === change.target) return { ...seen, value: change.target };
    if (seen.value.status === 'deactivated') return { ...seen, value: 'deactivated' };
    status = seen.status;
  }
  throw new UpstreamFailure({ upstream: 'okta', operation: change.operation, kind: 'rejected', status, code: 'not_confirmed' });
}

/** Null where Okta refuses the change for the device's status: 400 E0000001, which documents before 2025-10 name for that. */
async function acknowledged(send: () => Promise<HttpAnswer>): Promise<HttpAnswer | null> {
  try {
    return await send();
  } catch (error) {
    const wrongStatus = error instanceof UpstreamFailure && error.details.status === 400 && error.details.code === 'E0000001';
    if (wrongStatus) return null;
    throw error;
  }
}
