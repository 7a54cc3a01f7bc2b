import type { DeviceKey } from './device.js';
import { normaliseIdentifier } from './device.js';

/** What one cause leads to. `graceMs` puts the suspension and the revocations off; a compromise knows no grace. */
export type Reaction = { suspend: boolean; revokeOkta: boolean; revokeEntra: boolean; graceMs: number };

/** What a policy distinguishes: why a device is to be locked. */
export const policyCauses = ['unenrolled', 'wiped', 'deleted', 'compromised', 'noncompliant'] as const;
export type PolicyCause = (typeof policyCauses)[number];

/** A cause without a reaction is not acted on. */
export type Reactions = Record<PolicyCause, Reaction | null>;

/** Of whom or what a rule speaks; every condition that is given must hold, one of its values suffices. Compared without case. */
export type Condition = { platform?: string[]; ownership?: string[]; organizationGroup?: string[] };

/** Somebody or something that is not locked until a day, and why; whoever it is was decided by a human. */
export type Exemption = { user?: string; device?: string; organizationGroup?: string; untilMs: number; reason: string; ticket: string };

export type Policy = {
  reactions: Reactions;
  /** The first rule that speaks of the device replaces the reactions to the causes that it names. */
  rules: { when: Condition; reactions: Partial<Reactions> }[];
  exemptions: Exemption[];
  /** Whether the users of a device that the directory has no record of are signed out. */
  withoutRecord: 'sign_out' | 'nothing';
};

/** What a policy can know of a device. */
export type Subject = {
  key: DeviceKey;
  udid: string | null;
  serialNumber: string | null;
  email: string | null;
  platform: string | null;
  ownership: string | null;
  organizationGroup: string | null;
};

const lockOut: Reaction = { suspend: true, revokeOkta: true, revokeEntra: true, graceMs: 0 };

/** The policy of a relay without a policy file: every cause locks the device out and signs its users out, at once. */
export const builtInPolicy: Policy = {
  reactions: { unenrolled: lockOut, wiped: lockOut, deleted: lockOut, compromised: lockOut, noncompliant: lockOut },
  rules: [],
  exemptions: [],
  withoutRecord: 'sign_out',
};

/** What the policy says of one cause on one device. */
export function reactionTo(cause: PolicyCause, subject: Subject, policy: Policy): Reaction | null {
  const rule = policy.rules.find(({ when }) => speaksOf(when, subject));
  const said = rule?.reactions[cause];
  return said === undefined ? policy.reactions[cause] : said;
}

function speaksOf(when: Condition, subject: Subject): boolean {
  return (['platform', 'ownership', 'organizationGroup'] as const).every((name) => {
    const wanted = when[name];
    return wanted === undefined || wanted.some((value) => same(value, subject[name]));
  });
}

/** The exemption that holds for a device now; undefined when none does. */
export function exemptionOf(subject: Subject, policy: Policy, nowMs: number): Exemption | undefined {
  return policy.exemptions.find((exemption) => exemption.untilMs > nowMs && concerns(exemption, subject));
}

function concerns({ user, device, organizationGroup }: Exemption, subject: Subject): boolean {
  if (user !== undefined) return same(user, subject.email);
  if (organizationGroup !== undefined) return same(organizationGroup, subject.organizationGroup);
  if (device === undefined) return false;
  const wanted = normaliseIdentifier(device);
  return [subject.key, subject.udid, subject.serialNumber].some((known) => known !== null && normaliseIdentifier(known) === wanted);
}

function same(a: string, b: string | null): boolean {
  return b !== null && a.trim().toLowerCase() === b.trim().toLowerCase();
}
