import { setTimeout as delay } from 'node:timers/promises';
import { awaitsConfirmation, vetoVersion } from '../src/compliance/confirmation.js';
import { deviceKeys } from '../src/compliance/device.js';
import { epochMsOf, type Version } from '../src/compliance/version.js';
import { UpstreamFailure } from '../src/failure.js';
import type { UemClient } from '../src/uem/client.js';
import type { UemRecord } from '../src/uem/record.js';
import { UpstreamBlocked } from './calls.js';
import type { LockOut } from './lock-out.js';
import { attempt, type Run } from './run.js';

/** A lock-out is not kept waiting for UEM for longer. */
const answerWithinMs = 2_000;

/**
 * Whether the lock-out stands. Before the first suspension for an ordinary non-compliance UEM is asked, where its API is configured; when it has found the
 * device compliant since, that is taken in as a newer fact, which overtakes the run. Whatever keeps UEM from answering, the event counts.
 */
export async function confirm(lockOut: LockOut): Promise<boolean> {
  return (await attempt(lockOut.run, () => isUpheld(lockOut))) ?? true;
}

async function isUpheld(lockOut: LockOut): Promise<boolean> {
  const { run, verdict, containment } = lockOut;
  const { uem } = run.enforcement;
  const since = awaitsConfirmation(verdict.causes, containment);
  if (uem === null || since === null) return true;
  if (run.state.enrolment === null) return unconfirmed(run, 'UEM\'s id of the device is not known');
  const record = await ask(run, uem, run.state.enrolment);
  if (record === null) return true;
  containment.confirmed = true;
  const version = vetoVersion(record.event.says, record.checkedAt, since);
  if (version !== null) return await isOutdated(lockOut, record, version);
  return record.event.says.compliance === 'compliant' ? unconfirmed(run, 'UEM says that the device complies, but has not checked it since') : true;
}

/** Null, and why in the notes, where UEM gave no usable answer. */
async function ask(run: Run, uem: UemClient, deviceId: string): Promise<UemRecord | null> {
  const call = { upstream: 'uem', operation: 'getDevice', target: deviceId, changes: false } as const;
  try {
    return await run.calls.make(call, () => inTime(uem.getDevice(deviceId)));
  } catch (problem) {
    if (!(problem instanceof UpstreamFailure || problem instanceof UpstreamBlocked)) throw problem;
    unconfirmed(run, problem.message);
    return null;
  }
}

/** Takes UEM's word in as a fact. It is outdated where something newer than the event that opened the lock-out says the opposite. */
async function isOutdated({ run, containment }: LockOut, { event }: UemRecord, version: Version): Promise<boolean> {
  const { key, generation } = run.state;
  const { safeguard, ingest } = run.enforcement;
  if (deviceKeys(event)[0] !== key) return unconfirmed(run, 'UEM has other identifiers under the device\'s id');
  const checkedAt = new Date(epochMsOf(version)).toISOString();
  const kept = { EventType: 'Confirmation', DeviceId: event.enrolment, ComplianceStatus: 'Compliant', LastComplianceCheckOn: checkedAt };
  const ingested = await ingest({ event: { ...event, time: version, says: { compliance: 'compliant' } }, kept, why: 'confirmation' });
  if ((ingested.generation ?? 0) <= generation) return unconfirmed(run, `a newer event contradicts UEM, which found the device compliant at ${checkedAt}`);
  await safeguard.discount('ordinary', key, containment.openedAt);
  run.notes.push(`UEM found the device compliant at ${checkedAt}: nothing is locked`);
  return false;
}

/** The event counts. */
function unconfirmed({ notes }: Run, why: string): true {
  notes.push(`not confirmed: ${why}`);
  return true;
}

async function inTime<T>(asked: Promise<T>): Promise<T> {
  const end = new AbortController();
  const late = delay(answerWithinMs, null, { signal: end.signal, ref: false }).then(() => {
    throw new UpstreamFailure({ upstream: 'uem', operation: 'getDevice', kind: 'transient', code: 'timeout' });
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    end.abort();
  }
}
