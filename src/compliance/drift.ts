import { isNewCause, type Containment } from './containment.js';
import type { DeviceKey } from './device.js';
import type { ComplianceEvent } from './event.js';
import { causesOf, type Facts } from './facts.js';
import { factsAfter, sameFacts } from './forecast.js';
import { isOurs, statusNow, type Ledger } from './ledger.js';
import type { Policy, Subject } from './policy.js';
import type { DeviceRecord } from './record.js';
import { judge, type Verdict } from './verdict.js';

/** How UEM, the directory and what we remember can differ about a device; each has a paragraph in docs/runbook.md. */
export const driftKinds = [
  'exposed',
  'wrongly_locked',
  'no_longer_asked_for',
  'gone_from_uem',
  'let_in_by_others',
  'without_record',
  'without_identifier',
  'facts_differ',
  'unreadable',
] as const;
export type DriftKind = (typeof driftKinds)[number];

/** What events have told us of a device, and how far its lock-out is. */
export type Remembered = Subject & { facts: Facts; containment: Containment | null; enrolment: string | null };

export type Compared = {
  key: DeviceKey;
  /** Null: no event has told us of the device. */
  known: Remembered | null;
  ledger: Ledger;
  /** What UEM is believed of the device; null where UEM does not have it. */
  event: ComplianceEvent | null;
  /** What the directory holds; null where that is not clear. */
  records: DeviceRecord[] | null;
  /** When the directory was read, milliseconds since 1970. */
  readAt: number;
};

/** `replan`: planning the device again with a look at the directory would change something, even if no fact moves. */
export type Drift = { kinds: DriftKind[]; replan: boolean };

const none: Drift = { kinds: [], replan: false };

/**
 * How the three differ about one device, by the policy in force. That UEM tells of a device that no event has told us of is no difference
 * unless it asks for something. What is absent from UEM is only ever reported.
 */
export function driftOf({ key, known, ledger, event, records, readAt }: Compared, policy: Policy, nowMs: number): Drift {
  if (event === null) return Object.values(ledger).some(isOurs) ? { kinds: ['gone_from_uem'], replan: false } : none;
  const live = (records ?? []).filter(({ status }) => status !== 'deactivated');
  const are = (status: DeviceRecord['status']) => live.filter((record) => statusNow(record, ledger[record.id], readAt) === status);
  const facts = factsAfter(known, event);
  const verdict = judge(facts, policy, { subject: subjectOf(key, known, event), nowMs, permitted: false });
  const ours = are('suspended').some(({ id }) => isOurs(ledger[id]));
  const suspends = verdict.posture === 'contain' && verdict.reaction.suspend;
  const standing = suspends ? toContain(verdict, known, are('active')) : toRelease(verdict, facts, ours);
  const matters = known !== null || verdict.posture === 'contain' || standing.kinds.length > 0;
  const differ = matters && !(known !== null && sameFacts(known.facts, facts));
  const missing = records !== null && live.length === 0 && event.says.ended === undefined;
  return { ...standing, kinds: [...standing.kinds, ...(missing ? (['without_record'] as const) : []), ...(differ ? (['facts_differ'] as const) : [])] };
}

/**
 * A record that somebody let in during this lock-out stays in: only a new cause locks it again. It is looked at once, by id: a suspension of
 * ours that is over is to be forgotten, or somebody else's later one would be taken for ours.
 */
function toContain(verdict: Extract<Verdict, { posture: 'contain' }>, known: Remembered | null, active: DeviceRecord[]): Drift {
  const open = known?.containment && !isNewCause(known.containment, verdict.causes) ? known.containment.contained : {};
  const exposed = active.some(({ id }) => !(id in open));
  const letIn = active.filter(({ id }) => id in open);
  const unseen = letIn.some(({ id }) => known?.containment?.letIn.includes(id) !== true);
  return { kinds: [...(exposed ? (['exposed'] as const) : []), ...(letIn.length > 0 ? (['let_in_by_others'] as const) : [])], replan: exposed || unseen };
}

/** What we suspended although nothing asks for it is let in where the device is to be free, or only signed out; where nobody has said that, it is only reported. */
function toRelease(verdict: Verdict, facts: Facts, ours: boolean): Drift {
  if (!ours || verdict.posture === 'hold') return none;
  const asked = verdict.posture === 'free' || verdict.posture === 'contain';
  return { kinds: [verdict.posture === 'free' && causesOf(facts).length === 0 ? 'wrongly_locked' : 'no_longer_asked_for'], replan: asked };
}

function subjectOf(key: DeviceKey, known: Remembered | null, event: ComplianceEvent): Subject {
  const told = known ?? event;
  return {
    key,
    udid: told.udid ?? event.udid,
    serialNumber: told.serialNumber ?? event.serialNumber,
    email: told.email ?? event.email,
    userName: told.userName ?? event.userName ?? null,
    platform: told.platform ?? event.platform,
    ownership: told.ownership ?? event.ownership,
    organizationGroup: told.organizationGroup ?? event.organizationGroup,
  };
}
