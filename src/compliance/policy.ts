import { z } from 'zod';
import { normaliseIdentifier, type DeviceKey } from './device.js';

/** What one cause leads to. `graceMs` puts the suspension and the revocations off; a compromise knows no grace. */
const reactionSchema = z.object({ suspend: z.boolean(), revokeOkta: z.boolean(), revokeEntra: z.boolean(), graceMs: z.number() });
export type Reaction = z.infer<typeof reactionSchema>;

/** What a policy distinguishes: why a device is to be locked. */
export const policyCauses = ['unenrolled', 'wiped', 'deleted', 'compromised', 'noncompliant'] as const;
export type PolicyCause = (typeof policyCauses)[number];

const causeSchema = z.enum(policyCauses);
const values = z.array(z.string()).optional();

export const policySchema = z.object({
  /** A cause without a reaction is not acted on. */
  reactions: z.record(causeSchema, reactionSchema.nullable()),
  /**
   * The first rule that speaks of the device replaces the reactions to the causes that it names. Every condition that is given must hold,
   * one of its values suffices; compared without case.
   */
  rules: z.array(
    z.object({
      when: z.object({ platform: values, ownership: values, organizationGroup: values }),
      reactions: z.partialRecord(causeSchema, reactionSchema.nullable()),
    }),
  ),
  /** Somebody or something that is not locked until a day, and why; a human decided that. */
  exemptions: z.array(
    z.object({
      user: z.string().optional(),
      device: z.string().optional(),
      organizationGroup: z.string().optional(),
      untilMs: z.number(),
      reason: z.string(),
      ticket: z.string(),
    }),
  ),
  /** Whether the users of a device that the directory has no record of are signed out. */
  withoutRecord: z.enum(['sign_out', 'nothing']),
});

export type Policy = z.infer<typeof policySchema>;
type Condition = Policy['rules'][number]['when'];
export type Exemption = Policy['exemptions'][number];

/** What a policy can know of a device. */
export type Subject = {
  key: DeviceKey;
  udid: string | null;
  serialNumber: string | null;
  email: string | null;
  userName?: string | null;
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
  const said = ruleFor(subject, policy)?.reactions[cause];
  return said === undefined ? policy.reactions[cause] : said;
}

/** The first rule that speaks of a device. */
export function ruleFor(subject: Subject, policy: Policy): Policy['rules'][number] | undefined {
  return policy.rules.find(({ when }) => speaksOf(when, subject));
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
  if (user !== undefined) return [subject.email, subject.userName].some((known) => same(user, known ?? null));
  if (organizationGroup !== undefined) return same(organizationGroup, subject.organizationGroup);
  if (device === undefined) return false;
  const wanted = normaliseIdentifier(device);
  return [subject.key, subject.udid, subject.serialNumber].some((known) => known !== null && normaliseIdentifier(known) === wanted);
}

function same(a: string, b: string | null): boolean {
  return b !== null && a.trim().toLowerCase() === b.trim().toLowerCase();
}
