import type { Redis } from 'ioredis';
import { z } from 'zod';
import { containmentSchema } from '../compliance/containment.js';
import type { DeviceKey } from '../compliance/device.js';
import type { Facts } from '../compliance/facts.js';
import { ledgerEntrySchema, type Ledger } from '../compliance/ledger.js';
import { failureCauses, heldWords } from '../compliance/outcome.js';
import { redisKeys, type Prefix } from './keys.js';

/** The major version of what is kept about a device; fields are only ever added within it. */
const stateVersion = '1';

const count = z.coerce.number().int().default(0);
const text = z.string().optional().transform((value) => value || null);
const json = <T extends z.ZodType>(schema: T) => z.string().transform((value, context) => {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    context.addIssue('not JSON');
    return z.NEVER;
  }
}).pipe(schema);

/** Why the newest generation exists: the start of the exposure clock. */
const becauseSchema = z.object({
  why: z.string(),
  eventId: z.string().nullable(),
  /** A version, as the event gave it; null where it gave none. */
  eventTime: z.string().nullable(),
  receivedAt: z.number(),
});

const heldSchema = z.object({ word: z.enum(heldWords), since: z.number(), detail: z.string() });

const operatorSchema = z.object({
  state: z.enum(['locked', 'unlocked']),
  since: z.string(),
  untilMs: z.number().nullable(),
  reason: z.string(),
  by: z.string(),
});

const failureSchema = z.object({
  cause: z.enum(failureCauses),
  at: z.number(),
  generation: z.number(),
  /** In the vendor's names and codes: operation, HTTP status, code, request id. */
  detail: z.string(),
});

const deviceHashSchema = z.object({
  v: z.literal(stateVersion),
  generation: count,
  enforced: count,
  /** The generation for which the directory must be read again although the facts ask for nothing new. */
  recheck: count,
  /** The generation that was recorded to wait for the budget. */
  waiting: count,
  /** When it was last seen to wait for what only a human ends, milliseconds since 1970. */
  waitedForHumanAt: count,
  compliance: z.enum(['compliant', 'noncompliant', '']).optional().transform((value) => value || null),
  complianceSince: text,
  compromised: z.enum(['1', '']).optional().transform((value) => value === '1'),
  compromisedSince: text,
  unrecognised: text,
  unrecognisedSince: text,
  ended: z.enum(['unenrolled', 'wiped', 'deleted', '']).optional().transform((value) => value || null),
  endedSince: text,
  enrolment: text,
  class: z.enum(['mobile', 'desktop', '']).optional().transform((value) => value || null),
  udid: text,
  serialNumber: text,
  email: text,
  userName: text,
  name: text,
  platform: text,
  ownership: text,
  organizationGroup: text,
  because: json(becauseSchema).optional(),
  containment: json(containmentSchema.nullable()).optional().transform((value) => value ?? null),
  operator: json(operatorSchema).optional().transform((value) => value ?? null),
  /** From which holds a human has released the device since its facts have been what they are. */
  releasedFrom: z.string().default('').transform((words) => words.split(' ').filter(Boolean)).pipe(z.array(z.enum(heldWords))),
  /** The generation that a human has left as it is: not even a sweep takes it up. */
  discarded: count,
  held: json(heldSchema).optional().transform((value) => value ?? null),
  failure: json(failureSchema).optional().transform((value) => value ?? null),
});

export type DeviceState = z.infer<typeof deviceHashSchema> & { key: DeviceKey; facts: Facts; ledger: Ledger };
export type Held = z.infer<typeof heldSchema>;
export type Failure = z.infer<typeof failureSchema>;

/** What is kept about a device cannot be understood: another version wrote it, or it is damaged. */
export class StateUnreadable extends Error {
  readonly unknownVersion: boolean;

  constructor(key: DeviceKey, issues: z.core.$ZodIssue[]) {
    const names = issues.map((issue) => issue.path.join('.'));
    super(`What Redis holds about ${key} cannot be read: ${names.join(', ')}`);
    this.name = 'StateUnreadable';
    this.unknownVersion = names.includes('v');
  }
}

/** Everything that is remembered about a device; null when nothing is. Throws `StateUnreadable`. */
export async function readDevice(redis: Redis, prefix: Prefix, key: DeviceKey): Promise<DeviceState | null> {
  return (await readWithLedger(redis, prefix, key)).state;
}

/** The same, and the ledger also of a device that no event has told us of. Throws `StateUnreadable`. */
export async function readWithLedger(redis: Redis, prefix: Prefix, key: DeviceKey): Promise<{ state: DeviceState | null; ledger: Ledger }> {
  const keys = redisKeys(prefix);
  const [hash, entries] = await Promise.all([redis.hgetall(keys.device(key)), redis.hgetall(keys.ledger(key))]);
  const ledger = z.record(z.string(), json(ledgerEntrySchema)).safeParse(entries);
  if (!ledger.success) throw new StateUnreadable(key, ledger.error.issues);
  if (Object.keys(hash).length === 0) return { state: null, ledger: ledger.data };
  const device = deviceHashSchema.safeParse(hash);
  if (!device.success) throw new StateUnreadable(key, device.error.issues);
  return { state: { ...device.data, key, facts: device.data, ledger: ledger.data }, ledger: ledger.data };
}

/** Whether a human has left what is held or was given up as it is, until a newer fact comes in. */
export function isDiscarded({ discarded, generation }: Pick<DeviceState, 'discarded' | 'generation'>): boolean {
  return discarded > 0 && discarded === generation;
}

/** Whether a device stays as it is until a human or UEM says something new: a human has discarded it, or the safeguard holds it. */
export function staysAsItIs(state: Pick<DeviceState, 'discarded' | 'generation' | 'held'>): boolean {
  return isDiscarded(state) || state.held?.word === 'held_mass';
}

/** The key of every device that anything is known about, in no order, by the thousand; one may come twice. */
export async function* deviceKeyBatches(redis: Redis, prefix: Prefix): AsyncGenerator<DeviceKey[]> {
  const start = redisKeys(prefix).device('');
  const pattern = `${start.replaceAll(/[[\]{}*?\\]/g, '\\$&')}*`;
  for await (const batch of redis.scanStream({ match: pattern, count: 1000 })) {
    yield z.array(z.string()).parse(batch).map((name) => name.slice(start.length));
  }
}
