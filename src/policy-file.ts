import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { builtInPolicy, policySchema, type Policy, type Reaction } from './compliance/policy.js';
import { ConfigError } from './config.js';
import { duration } from './settings.js';
import { readYaml, type YamlText } from './yaml-text.js';

const text = z
  .string({ error: ({ input }) => (input === undefined ? 'is required' : 'must be text; in quotes, if it looks like a number') })
  .trim()
  .min(1, 'must not be empty');
const longestGraceMs = 365 * 86_400_000;
const grace = z.string({ error: 'must be a duration such as 30m, 4h or 2d' }).pipe(duration).refine((ms) => ms <= longestGraceMs, { error: 'must be at most 365d' });
const namesSome = (given: object) => Object.keys(given).length > 0;

const reactionForm = 'must be none, or say what is done, such as { suspend: true, grace: 30m }';
const reaction = z
  .strictObject(
    { suspend: z.boolean().optional(), revokeOkta: z.boolean().optional(), revokeEntra: z.boolean().optional(), grace: grace.optional() },
    { error: ({ code }) => (code === 'invalid_type' ? reactionForm : undefined) },
  )
  .refine(namesSome, { error: `says nothing; it ${reactionForm}` })
  .transform(({ suspend = true, revokeOkta = true, revokeEntra = true, grace: graceMs = 0 }): Reaction => ({ suspend, revokeOkta, revokeEntra, graceMs }))
  .refine(({ suspend, revokeOkta, revokeEntra }) => suspend || revokeOkta || revokeEntra, { error: 'does nothing; if that is meant, write none' });

const atOnce = reaction.refine(({ graceMs }) => graceMs === 0, { path: ['grace'], error: 'a compromised device gets no grace' });
/** `none`: the cause is not acted on. Somebody who wrote nothing may have meant to write something. */
const orNone = <T extends z.ZodType>(schema: T) => z.preprocess((value) => (value === 'none' ? null : (value ?? 'nothing')), schema.nullable()).optional();
const reactionsByCause = z.strictObject({
  unenrolled: orNone(reaction),
  wiped: orNone(reaction),
  deleted: orNone(reaction),
  compromised: orNone(atOnce),
  noncompliant: orNone(reaction),
}).refine(namesSome, { error: 'names no cause' });

const words = z.array(text, { error: 'must be a list, such as [Apple, Android]' }).min(1, 'must not be empty').optional();
const when = z.strictObject({ platform: words, ownership: words, organizationGroup: words }).refine(namesSome, { error: 'names none of platform, ownership and organizationGroup' });
const until = z.iso.date({ error: 'must be a day such as 2026-12-31' }).transform((day) => Date.parse(`${day}T23:59:59Z`));

const exemption = z
  .strictObject({
    user: text.optional(),
    device: text.optional(),
    organizationGroup: text.optional(),
    until,
    reason: text,
    ticket: text,
  })
  .refine(({ user, device, organizationGroup }) => [user, device, organizationGroup].filter((name) => name !== undefined).length === 1, {
    error: 'needs exactly one of user, device and organizationGroup',
  })
  .transform(({ until: untilMs, ...rest }) => ({ ...rest, untilMs }));

const fileSchema = z.strictObject({
  reactions: reactionsByCause.default({}),
  rules: z.array(z.strictObject({ when, reactions: reactionsByCause })).default([]),
  exemptions: z.array(exemption).default([]),
  withoutRecord: z.enum(['sign_out', 'nothing']).default('sign_out'),
});

/** The policy in a YAML file; what it does not mention is as built in. Throws `ConfigError` with the line of every mistake. */
export function readPolicyFile(path: string | undefined): Policy {
  if (path === undefined) return builtInPolicy;
  try {
    return parsePolicy(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError([`POLICY_FILE: the file ${path} cannot be read.`]);
  }
}

/** The policy in a YAML text; `name` is for messages. Throws `ConfigError` with the line of every mistake. */
export function parsePolicy(written: string, name: string): Policy {
  const yaml = readYaml(written);
  if ('mistakes' in yaml) throw new ConfigError(yaml.mistakes.map(({ line, what }) => `${name}:${line}: ${what}.`));
  const parsed = fileSchema.safeParse(yaml.content ?? {});
  if (!parsed.success) throw new ConfigError(parsed.error.issues.flatMap((issue) => explain(issue, yaml).map((mistake) => `${name}:${mistake}.`)));
  const { reactions: changed, ...rest } = parsed.data;
  const reactions = { ...builtInPolicy.reactions, ...withoutUndefined(changed) };
  return policySchema.parse({ ...rest, reactions, rules: rest.rules.map((rule) => ({ ...rule, reactions: withoutUndefined(rule.reactions) })) });
}

function explain(issue: z.core.$ZodIssue, { lineOf }: YamlText): string[] {
  const where = issue.path.join('.') || 'the file';
  if (issue.code !== 'unrecognized_keys') return [`${lineOf(issue.path)}: ${where}: ${issue.message}`];
  return issue.keys.map((key) => `${lineOf([...issue.path, key])}: ${where}: "${key}" is unknown`);
}

/** What a rule does not mention must not replace what holds otherwise. */
function withoutUndefined(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined));
}
