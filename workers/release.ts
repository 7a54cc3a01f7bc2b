import type { Containment } from '../src/compliance/containment.js';
import type { DoneWord } from '../src/compliance/outcome.js';
import { needsProof, planRelease } from '../src/compliance/plan.js';
import { isOurs } from '../src/compliance/ledger.js';
import type { DeviceRecord } from '../src/compliance/record.js';
import { UpstreamFailure } from '../src/failure.js';
import { concludeProblems, Hopeless, type Conclusion } from './attempt.js';
import { changeStatus } from './change-status.js';
import { compareWithLedger, findRecords, forgetRecord, readRecord } from './observe.js';
import { notLoggedYet, proveSuspensions } from './prove.js';
import { attempt, finishWrites, type Free, type Run } from './run.js';

/** Lets the device back in: unsuspends what we suspended. Nothing is undone at Entra ID; a revoked session has no way back. */
export async function release(run: Run, verdict: Free): Promise<Conclusion> {
  const { state, enforcement } = run;
  const { outcome, problem } = await unsuspend(run);
  if (problem !== null) return problem;
  await enforcement.store.saveContainment(state.key, null);
  const detail = outcome === 'not_ours' ? 'Somebody else suspended the device; it stays suspended.' : verdict.detail;
  const word = verdict.because === 'exempt' && outcome === 'unchanged' ? 'exempt' : outcome;
  return { kind: 'settled', word, detail };
}

/**
 * Lets a device in that the policy only has signed out: what we suspended was for something that holds no longer, and is contained no longer.
 * Null where nothing kept us from that.
 */
export async function unsuspendSignedOut(run: Run, containment: Containment | null): Promise<Conclusion | null> {
  const { ledger } = run.state;
  const problem = Object.values(ledger).some(isOurs) ? (await unsuspend(run)).problem : null;
  for (const [id, { state }] of Object.entries(ledger)) {
    if (state === 'released') delete containment?.contained[id];
  }
  return problem;
}

async function unsuspend(run: Run): Promise<{ outcome: DoneWord; problem: Conclusion | null }> {
  const { state, enforcement } = run;
  const records = await attempt(run, () => recordsToRelease(run));
  const unproven = await attempt(run, () => proveSuspensions(run, toProve(run, records ?? [])));
  run.problems.push(...(unproven ?? []).map(notLoggedYet));
  const plan = planRelease({ ledger: state.ledger, records: records ?? [], unsuspend: enforcement.unsuspend, nowMs: enforcement.now() });
  reportDeactivated(run, records ?? []);
  await Promise.all(plan.actions.map((id) => attempt(run, () => unsuspendDevice(run, id))));
  await finishWrites(run);
  const problem = concludeProblems(run.problems, enforcement.now());
  if (problem === null && !Object.values(state.ledger).some(isOurs)) await enforcement.store.markUnlocked(state.key);
  return { outcome: plan.outcome, problem };
}

/**
 * The records that a release may concern: by id those that we or others had suspended (a read by id is fresher than the search), by search
 * where every suspension is to be undone or a call without an answer may have changed something.
 */
async function recordsToRelease(run: Run): Promise<DeviceRecord[]> {
  const { state, enforcement } = run;
  const known = new Set([...Object.keys(state.ledger), ...Object.keys(state.containment?.contained ?? {})]);
  const search = enforcement.unsuspend === 'any' || state.recheck > state.enforced;
  const found = search ? await findRecords(run) : [];
  for (const record of found) known.delete(record.id);
  const read = await Promise.all([...known].map((id) => readRecord(run, id)));
  return [...found, ...(await compareWithLedger(run, read.flatMap((record) => record ?? [])))];
}

/** With `UNSUSPEND=any` nobody asks who has suspended them. */
function toProve({ state, enforcement }: Run, records: DeviceRecord[]): string[] {
  if (enforcement.unsuspend === 'any') return [];
  return records.filter((record) => needsProof(record, state.ledger[record.id], enforcement.now())).map(({ id }) => id);
}

/** Unsuspends one record; one that is gone needs it no longer. */
export async function unsuspendDevice(run: Run, recordId: string): Promise<void> {
  const { okta } = run.enforcement;
  try {
    const result = await changeStatus(run, { operation: 'unsuspendDevice', recordId, send: () => okta.unsuspendDevice(recordId) });
    if (result === 'deactivated') throw deactivated(recordId);
  } catch (problem) {
    if (!(problem instanceof UpstreamFailure && problem.details.kind === 'not_found')) throw problem;
    await forgetRecord(run, recordId);
  }
}

/** What we suspended and somebody deactivated since cannot be let back in by us. */
function reportDeactivated(run: Run, records: DeviceRecord[]): void {
  const locked = records.filter((record) => record.status === 'deactivated' && isOurs(run.state.ledger[record.id]));
  run.problems.push(...locked.map((record) => deactivated(record.id)));
}

function deactivated(recordId: string): Hopeless {
  return new Hopeless('device_deactivated', `Okta device ${recordId} is deactivated: activate it, or enrol Okta Verify anew.`);
}
