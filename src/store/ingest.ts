import type { Redis } from 'ioredis';
import { z } from 'zod';
import { deviceKeys, hasUsableIdentifier, type DeviceKey } from '../compliance/device.js';
import type { ComplianceEvent, Ended, Statements } from '../compliance/event.js';
import { justBefore } from '../compliance/version.js';
import { ingestScript } from './ingest-script.js';
import { redisKeys, type Prefix } from './keys.js';

const answerSchema = z.object({
  /** The event's id in the stream of kept events. */
  id: z.string(),
  result: z.enum(['queued', 'duplicate', 'stale', 'ignored']),
  reason: z.string().transform((reason) => (reason === '' ? undefined : reason)),
  key: z.string().optional(),
  generation: z.number().optional(),
  /** True while the device's newest generation is not enforced: then it belongs into the queue, whatever the event said. */
  dirty: z.boolean().default(false),
  /** True where it belonged there before: its job may be waiting with another urgency. */
  queued: z.boolean().default(false),
  contained: z.boolean().default(false),
  compromised: z.boolean().default(false),
  /** Redis' clock as a version. */
  now: z.string().optional(),
});

export type Ingested = z.infer<typeof answerSchema>;

export type Incoming = {
  event: ComplianceEvent;
  /** Why the event, by itself, asks for nothing. */
  neutral?: 'neutral_status' | 'other_event' | undefined;
  /** What is kept of the body for `HISTORY_DAYS`. */
  kept: Record<string, unknown>;
  /** Where it comes from, if not from a webhook. */
  why?: 'confirmation' | 'sweep';
};

/**
 * Keeps an event and moves its device's facts, in one atomic call. When it has answered, Redis has both; enqueueing the device is the
 * caller's next step where `dirty` is true.
 */
export async function ingest(redis: Redis, incoming: Incoming, scope: { prefix: Prefix; historyMs: number }): Promise<Ingested> {
  const { answers: [answer] } = await ingestTogether(redis, [incoming], scope);
  if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no answer to an event');
  return answer;
}

/**
 * The same for several events, in their order and in one call; an event that cannot be taken in has an error in its place. `overtaken`:
 * what was sent to Redis right behind them has come before them.
 */
export async function ingestTogether(redis: Redis, incomings: Incoming[], { prefix, historyMs }: { prefix: Prefix; historyMs: number }): Promise<{ answers: (Ingested | Error)[]; overtaken: boolean }> {
  const args = incomings.flatMap((incoming) => [JSON.stringify(argumentOf(incoming)), JSON.stringify(incoming.kept)]);
  const { answer, overtaken } = await ingestScript.ask(redis, [prefix], [historyMs, ...args]);
  return { answers: z.array(z.string()).parse(answer).map(readAnswer), overtaken };
}

/** Redis could not take an event in: what it holds about the device is damaged, or it takes nothing at all. */
export class NotTakenIn extends Error {}

function readAnswer(text: string): Ingested | Error {
  return text.startsWith('!') ? new NotTakenIn(`Redis could not take an event in: ${text.slice(1)}`) : answerSchema.parse(JSON.parse(text));
}

/** The key of the device that an event is about, where the event alone tells it. */
export function keyOfEvent(event: ComplianceEvent): DeviceKey | undefined {
  return event.deviceClass !== null && hasUsableIdentifier(event) ? deviceKeys(event)[0] : undefined;
}

function argumentOf({ event, neutral, why }: Incoming) {
  return {
    keys: hasUsableIdentifier(event) ? deviceKeys(event) : [],
    class: event.deviceClass,
    enrolment: event.enrolment,
    // What a sweep says is a tick older than the moment it speaks of: in a tie the webhook wins.
    time: why === 'sweep' && event.time !== null ? justBefore(event.time) : event.time,
    ends: event.says.ended !== undefined,
    neutral: neutral ?? null,
    why: why ?? 'event',
    registers: registersOf(event),
    description: describe(event),
  };
}

type Register = { name: string; value: string; rank: number };

const endedRank: Record<Ended, number> = { unenrolled: 1, wiped: 2, deleted: 3 };

/**
 * Ranks decide ties; `unrecognised` is compared with `compromised`, hence its rank between the two values of that one.
 * The end of an enrolment says nothing good about the device: its healthy values describe a device that we have lost sight of.
 */
function registersOf({ says, enrolment }: ComplianceEvent): Register[] {
  const { compliance, compromised, unrecognised, enrolled, ended } = says satisfies Statements;
  const registers: (Register | false | undefined)[] = [
    ended === undefined && compliance !== undefined && { name: `compliance:${enrolment ?? ''}`, value: compliance, rank: compliance === 'noncompliant' ? 1 : 0 },
    compromised === 'compromised' && { name: 'compromised', value: compromised, rank: 2 },
    ended === undefined && compromised === 'healthy' && { name: 'compromised', value: compromised, rank: 0 },
    unrecognised !== undefined && { name: 'unrecognised', value: unrecognised, rank: 1 },
    ended === undefined && enrolled && { name: `enrolled:${enrolment ?? ''}`, value: 'enrolled', rank: 0 },
    ended !== undefined && { name: `ended:${enrolment ?? ''}`, value: ended, rank: endedRank[ended] },
  ];
  return registers.filter((register) => register !== false && register !== undefined);
}

function describe(event: ComplianceEvent): Record<string, string | null> {
  const { udid, serialNumber, email, userName = null, name, platform, ownership, organizationGroup } = event;
  return { udid, serialNumber, email, userName, name, platform, ownership, organizationGroup };
}

/** Keeps an event that belongs to no device; returns its id. */
export async function keepUnassigned(
  redis: Redis,
  scope: { prefix: Prefix; historyMs: number },
  { kept, reason }: { kept: Record<string, unknown>; reason: string },
): Promise<string> {
  const oldest = Date.now() - scope.historyMs;
  const fields = ['event', JSON.stringify(kept), 'key', '', 'result', 'ignored', 'reason', reason];
  return (await redis.xadd(redisKeys(scope.prefix).events, 'MINID', '~', oldest, '*', ...fields)) ?? '';
}
