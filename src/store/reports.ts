import type { Redis } from 'ioredis';
import { z } from 'zod';
import { redisKeys, type Prefix } from './keys.js';

/** Milliseconds since 1970. */
const moment = z.number();
const counts = z.record(z.string(), z.number());

/** How many records of a platform (in the directory's words) carry the identifier by which UEM's devices are found. */
const coverageSchema = z.object({ platform: z.string(), records: z.number(), identified: z.number(), percent: z.number() });
export type Coverage = z.infer<typeof coverageSchema>;

/** One device or record of a list; what of it is known. */
const listedSchema = z.object({ key: z.string().optional(), deviceId: z.string().optional(), recordIds: z.array(z.string()).optional() });

/** Who asked for what, why, and since when it is done. */
const orderFields = {
  id: z.string(),
  name: z.enum(['sweep', 'adopt']),
  by: z.string(),
  reason: z.string(),
  dryRun: z.boolean(),
  startedAt: moment,
};

/** How far a sweep is; also what it goes on from if its worker dies. */
export const progressSchema = z.object({
  ...orderFields,
  /** `okta` and `uem`: listing that inventory · `repair` · `log`: what an adoption does. */
  phase: z.enum(['okta', 'uem', 'repair', 'log']),
  /** How many calls each upstream was asked. */
  calls: counts,
  okta: z.object({
    /** Names this listing in the fleet index, with the moment it began. */
    listing: z.object({ id: z.string(), seenAt: moment }),
    after: z.string().nullable(),
    records: z.number(),
    restarts: z.number(),
  }),
  uem: z.object({
    page: z.number(),
    pass: z.number(),
    /** The last page was not full: it must have been the last. */
    short: z.boolean(),
    /** UEM has lost devices while it was listed: others moved to pages that had been read already. */
    shrank: z.boolean().default(false),
    devices: z.number(),
    total: z.number().nullable(),
    /** Devices that cannot be looked for: an unknown platform, or no identifier. */
    unusable: z.number(),
  }),
  /** How many differences were dealt with, of how many. */
  repair: z.object({ done: z.number(), of: z.number() }),
});
export type Progress = z.infer<typeof progressSchema>;

/** What a sweep found and did, or an adoption. */
export const reportSchema = z.object({
  ...orderFields,
  endedAt: moment,
  /** What ended it early, with what is known about it; null: it did everything. */
  ended: z.object({ word: z.string(), detail: z.string() }).nullable(),
  devices: z.object({ okta: z.number(), uem: z.number(), unusable: z.number() }),
  coverage: z.array(coverageSchema),
  /** Kind of difference -> how many devices. Of a sweep that ended early these are not all. */
  counts,
  /** Kind of difference, or what became of suspended records -> up to a hundred of them. */
  listed: z.record(z.string(), z.array(listedSchema)),
  /** How many differences a repair would deal with. */
  repairable: z.number(),
  /** What became of them, or of suspended records -> how many. */
  repairs: counts,
  calls: counts,
});
export type Report = z.infer<typeof reportSchema>;
export type Listed = z.infer<typeof listedSchema>;

const kept = 20;

/** Keeps a report beside the newest others; a sweep's that saw everything also as the one to compare the next with. */
export async function keepReport(redis: Redis, prefix: Prefix, report: Report): Promise<void> {
  const { reports, lastSweep } = redisKeys(prefix);
  const text = JSON.stringify(report);
  const call = redis.multi().lpush(reports, text).ltrim(reports, 0, kept - 1);
  if (report.name === 'sweep' && report.ended === null) call.set(lastSweep, text);
  await call.exec();
}

/** The newest reports, newest first; those that another version of the relay writes in a way of its own are left out. */
export async function newestReports(redis: Redis, prefix: Prefix): Promise<Report[]> {
  const texts = await redis.lrange(redisKeys(prefix).reports, 0, -1);
  return texts.flatMap((text) => reportSchema.safeParse(JSON.parse(text)).data ?? []);
}

/** The report of the newest sweep that saw both inventories completely; null before the first. */
export async function lastCompleteSweep(redis: Redis, prefix: Prefix): Promise<Report | null> {
  const text = await redis.get(redisKeys(prefix).lastSweep);
  return text === null ? null : reportSchema.parse(JSON.parse(text));
}

/** How far the one that is running is; null while none is, or while another version of the relay says so in a way of its own. */
export async function readProgress(redis: Redis, prefix: Prefix): Promise<Progress | null> {
  const text = await redis.get(redisKeys(prefix).sweep('progress'));
  return text === null ? null : (progressSchema.safeParse(JSON.parse(text)).data ?? null);
}
