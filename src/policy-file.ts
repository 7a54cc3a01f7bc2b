import { readFileSync } from 'node:fs';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { builtInPolicy, policySchema, type Policy, type Reaction } from './compliance/policy.js';
import { ConfigError } from './config.js';
import { duration } from './settings.js';

const reaction = z
  .strictObject({
    suspend: z.boolean().default(true),
    revokeOkta: z.boolean().default(true),
    revokeEntra: z.boolean().default(true),
    grace: duration.optional(),
  })
  .transform(({ grace = 0, ...rest }): Reaction => ({ ...rest, graceMs: grace }));

const atOnce = reaction.refine(({ graceMs }) => graceMs === 0, { path: ['grace'], error: 'a compromised device gets no grace' });
/** `none`: the cause is not acted on. */
const orNone = <T extends z.ZodType>(schema: T) => z.preprocess((value) => (value === 'none' ? null : value), schema.nullable()).optional();
const reactionsByCause = z.strictObject({
  unenrolled: orNone(reaction),
  wiped: orNone(reaction),
  deleted: orNone(reaction),
  compromised: orNone(atOnce),
  noncompliant: orNone(reaction),
});

const words = z.array(z.string().min(1)).min(1);
const until = z.iso.date({ error: 'must be a day such as 2026-12-31' }).transform((day) => Date.parse(`${day}T23:59:59Z`));

const exemption = z
  .strictObject({
    user: z.string().optional(),
    device: z.string().optional(),
    organizationGroup: z.string().optional(),
    until,
    reason: z.string().min(1),
    ticket: z.string().min(1),
  })
  .refine(({ user, device, organizationGroup }) => [user, device, organizationGroup].filter((name) => name !== undefined).length === 1, {
    error: 'needs exactly one of user, device and organizationGroup',
  })
  .transform(({ until: untilMs, ...rest }) => ({ ...rest, untilMs }));

const fileSchema = z.strictObject({
  reactions: reactionsByCause.default({}),
  rules: z
    .array(z.strictObject({ when: z.strictObject({ platform: words.optional(), ownership: words.optional(), organizationGroup: words.optional() }), reactions: reactionsByCause }))
    .default([]),
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
export function parsePolicy(text: string, name: string): Policy {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const mistakes = document.errors.map((error) => `${name}:${lines.linePos(error.pos[0]).line}: ${error.message.split('\n')[0]}`);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const parsed = fileSchema.safeParse(document.toJS() ?? {});
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((issue) => `${name}:${lineOf(document, lines, issue)}: ${explain(issue)}`));
  const { reactions: changed, ...rest } = parsed.data;
  const reactions = { ...builtInPolicy.reactions, ...withoutUndefined(changed) };
  return policySchema.parse({ ...rest, reactions, rules: rest.rules.map((rule) => ({ ...rule, reactions: withoutUndefined(rule.reactions) })) });
}

/** The line of the nearest thing that is written in the file: what is missing is reported where it should be. */
function lineOf(document: Document, lines: LineCounter, { path }: z.core.$ZodIssue): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function explain({ path, message }: z.core.$ZodIssue): string {
  return `${path.join('.') || 'the file'}: ${message}.`;
}

/** What a rule does not mention must not replace what holds otherwise. */
function withoutUndefined(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined));
}
