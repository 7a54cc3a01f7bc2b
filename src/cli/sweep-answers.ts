import { z } from 'zod';

/** What the command shows of the console's answers about sweeps and adoptions; see answers.ts. Moments are milliseconds since 1970. */
const moment = z.number();
const counts = z.record(z.string(), z.number());

const order = { id: z.string(), name: z.string(), by: z.string(), reason: z.string(), dryRun: z.boolean(), startedAt: moment };

const progressSchema = z.object({
  ...order,
  phase: z.string(),
  okta: z.object({ records: z.number() }),
  uem: z.object({ devices: z.number(), total: z.number().nullable() }),
  repair: z.object({ done: z.number(), of: z.number() }),
});

const summarySchema = z.object({
  ...order,
  endedAt: moment,
  ended: z.object({ word: z.string(), detail: z.string() }).nullable(),
  devices: z.object({ okta: z.number(), uem: z.number(), unusable: z.number() }),
  coverage: z.array(z.object({ platform: z.string(), records: z.number(), identified: z.number(), percent: z.number() })),
  counts,
  repairable: z.number(),
  repairs: counts,
  calls: counts,
});

const listed = z.object({ key: z.string().optional(), deviceId: z.string().optional(), recordIds: z.array(z.string()).optional() });
const reportSchema = summarySchema.extend({ listed: z.record(z.string(), z.array(listed)) });

export const orderedSchema = z.object({ id: z.string() });
export const sweepSchema = z.object({ id: z.string(), state: z.string(), progress: progressSchema.optional(), report: reportSchema.optional() });
export const sweepsSchema = z.object({ running: progressSchema.nullable(), waiting: z.array(z.string()), reports: z.array(summarySchema) });
/** What the status says of sweeps. */
export const sweepStatusSchema = z.object({ running: progressSchema.nullable(), lastComplete: summarySchema.nullable(), newest: summarySchema.nullable() });

export type ProgressAnswer = z.infer<typeof progressSchema>;
export type ReportAnswer = z.infer<typeof reportSchema>;
export type SweepStatusAnswer = z.infer<typeof sweepStatusSchema>;
