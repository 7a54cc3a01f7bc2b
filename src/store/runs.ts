import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { DeviceKey } from '../compliance/device.js';
import { upstreams } from '../failure.js';
import { redisKeys, type Prefix } from './keys.js';

const stepSchema = z.object({
  /** The vendor's name of the operation. */
  operation: z.string(),
  upstream: z.enum(upstreams),
  /** Okta device or user id, login. */
  target: z.string(),
  result: z.string(),
  status: z.number().nullable(),
  requestId: z.string().nullable(),
  attempt: z.number(),
  startedAt: z.number(),
  durationMs: z.number(),
});

export const runSchema = z.object({
  key: z.string(),
  generation: z.number(),
  attempt: z.number(),
  posture: z.string(),
  /** Why the device is locked, in words; empty when it is not. */
  causes: z.array(z.string()),
  outcome: z.string(),
  detail: z.string(),
  notes: z.array(z.string()),
  steps: z.array(stepSchema),
  startedAt: z.number(),
  endedAt: z.number(),
  /** Milliseconds since 1970 of each station; null where it was not reached. */
  exposure: z.object({
    eventTime: z.number().nullable(),
    receivedAt: z.number().nullable(),
    suspendedAt: z.number().nullable(),
    lastRevocationAt: z.number().nullable(),
  }),
});

export type Step = z.infer<typeof stepSchema>;
/** What one attempt to enforce one generation of one device did. */
export type Run = z.infer<typeof runSchema>;

const runsPerDevice = 20;

/** Keeps a run for `historyMs` milliseconds. */
export async function keepRun(redis: Redis, scope: { prefix: Prefix; historyMs: number }, run: Run): Promise<void> {
  const keys = redisKeys(scope.prefix);
  const id = await redis.xadd(keys.runs, 'MINID', '~', run.endedAt - scope.historyMs, '*', 'run', JSON.stringify(run));
  if (id === null) return;
  await redis.multi().lpush(keys.deviceRuns(run.key), id).ltrim(keys.deviceRuns(run.key), 0, runsPerDevice - 1).exec();
}

/** The newest runs of all devices, newest first. */
export async function newestRuns(redis: Redis, prefix: Prefix, count: number): Promise<Run[]> {
  const entries = await redis.xrevrange(redisKeys(prefix).runs, '+', '-', 'COUNT', count);
  return entries.map(([, fields]) => runSchema.parse(JSON.parse(fields[1] ?? '')));
}

/** The newest runs of one device, newest first. */
export async function runsOf(redis: Redis, prefix: Prefix, key: DeviceKey): Promise<Run[]> {
  const keys = redisKeys(prefix);
  return (await entriesOf(redis, keys.runs, keys.deviceRuns(key))).map((fields) => runSchema.parse(JSON.parse(fields.run ?? '')));
}

/** The fields of stream entries that a list names by id, in the list's order; those already trimmed are left out. */
export async function entriesOf(redis: Redis, stream: string, list: string): Promise<({ id: string } & Record<string, string>)[]> {
  const ids = await redis.lrange(list, 0, -1);
  const found = await Promise.all(ids.map((id) => redis.xrange(stream, id, id)));
  return found.flat().map(([id, fields]) => ({ ...pairs(fields), id }));
}

/** A stream entry's fields by name. */
export function pairs(fields: string[]): Record<string, string> {
  return Object.fromEntries(fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1] ?? '']] : [])));
}
