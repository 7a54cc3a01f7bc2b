import { deviceKeys, hasUsableIdentifier } from '../compliance/device.js';
import type { ComplianceEvent } from '../compliance/event.js';
import { causesOf, type Facts } from '../compliance/facts.js';
import { exemptionOf, ruleFor, type Exemption, type Policy, type Subject } from '../compliance/policy.js';
import { judge, type Verdict } from '../compliance/verdict.js';
import { versionOf } from '../compliance/version.js';
import { readWebhook } from '../uem/webhook.js';

/** What one webhook body would cause, about a device of which nothing else is known. */
export type Explanation =
  /** The receiver refuses it (422), or keeps it and does nothing. */
  | { result: 'refused' | 'ignored'; why: string }
  | {
      result: 'read';
      /** Null where only a device that is known by its DeviceId can be meant. */
      key: string | null;
      subject: Omit<Subject, 'key'>;
      says: ComplianceEvent['says'];
      /** Why the event by itself asks for nothing. */
      neutral: string | null;
      causes: string[];
      verdict: Verdict;
      /** What time alone makes of it, at the moment that the verdict names; null where it names none. */
      later: Verdict | null;
      /** Whether the users of a device that Okta has no record of are signed out. */
      withoutRecord: Policy['withoutRecord'];
      exemption: Exemption | null;
      /** The number of the first rule of the policy that speaks of the device. */
      rule: number | null;
    };

/** Reads a webhook body as the receiver does, and judges it by a policy. Pure: nothing is asked and nothing is done. */
export function explain(body: Record<string, unknown>, policy: Policy, nowMs: number): Explanation {
  const reading = readWebhook(body);
  if (reading.kind === 'unusable') return { result: 'refused', why: reading.detail };
  if (reading.kind === 'ignored') return { result: 'ignored', why: reading.reason };
  const { event, neutral } = reading;
  const key = (hasUsableIdentifier(event) ? deviceKeys(event)[0] : undefined) ?? null;
  const { udid, serialNumber, email, userName = null, platform, ownership, organizationGroup } = event;
  const subject = { key: key ?? '', udid, serialNumber, email, userName, platform, ownership, organizationGroup };
  const facts = factsOf(event, versionOf(nowMs));
  const rule = ruleFor(subject, policy);
  const judgeAt = (moment: number) => judge(facts, policy, { subject, nowMs: moment, permitted: false });
  const verdict = judgeAt(nowMs);
  const changesAt = 'untilMs' in verdict ? verdict.untilMs : null;
  return {
    result: 'read',
    key,
    subject: { udid, serialNumber, email, userName, platform, ownership, organizationGroup },
    says: event.says,
    neutral: neutral ?? null,
    causes: causesOf(facts).map(({ what }) => what),
    verdict,
    later: changesAt === null ? null : judgeAt(changesAt),
    withoutRecord: policy.withoutRecord,
    exemption: exemptionOf(subject, policy, nowMs) ?? null,
    rule: rule === undefined ? null : policy.rules.indexOf(rule) + 1,
  };
}

/** The facts of a device of which only this event is known. The end of an enrolment says nothing good about a device. */
export function factsOf({ says, time }: ComplianceEvent, now: string): Facts {
  const said = time === null || time > now ? now : time;
  const since = (fact: unknown) => (fact ? said : null);
  const compliance = says.ended === undefined ? (says.compliance ?? null) : null;
  const compromised = says.compromised === 'compromised';
  const unrecognised = says.unrecognised ?? null;
  const ended = says.ended ?? null;
  return {
    compliance,
    complianceSince: since(compliance),
    compromised,
    compromisedSince: since(compromised),
    unrecognised,
    unrecognisedSince: since(unrecognised),
    ended,
    endedSince: since(ended),
    operator: null,
  };
}
