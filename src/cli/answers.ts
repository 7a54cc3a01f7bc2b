import { z } from 'zod';
import { sweepStatusSchema } from './sweep-answers.js';

/**
 * What the command shows of the console's answers. Words are plain texts here and unknown fields are left out, so that a newer console's
 * answers can still be read; moments are milliseconds since 1970.
 */
const moment = z.number();

const summarySchema = z.object({
  key: z.string(),
  standing: z.string(),
  causes: z.array(z.string()),
  since: moment.nullable(),
  name: z.string().nullable(),
  platform: z.string().nullable(),
  failure: z.string().nullable(),
  enforced: z.boolean(),
});

export const pauseSchema = z.object({ since: moment, by: z.string(), reason: z.string() });

const trippedSchema = z.object({ since: moment, devices: z.number(), limit: z.number() }).nullable();
/** Since when a safeguard has been tripped, and by how many devices; null where it is not. */
export const safeguardSchema = z.object({ ordinary: trippedSchema, compromised: trippedSchema });

const lastRunSchema = z.object({ outcome: z.string(), detail: z.string(), endedAt: moment });

export const statusSchema = z.object({
  mode: z.string(),
  lastEventAt: moment.nullable(),
  listedAtMost: z.number(),
  pause: pauseSchema.nullish(),
  safeguard: safeguardSchema.nullish(),
  sweep: sweepStatusSchema.nullish(),
  devices: z.object({ unsettled: z.number(), failed: z.number(), held: z.number(), lockedByUs: z.number() }),
  exposed: z.array(summarySchema.extend({ lastRun: lastRunSchema.nullable() })),
  wronglyLocked: z.array(summarySchema.extend({ lastRun: lastRunSchema.nullable() })),
  held: z.array(summarySchema.extend({ held: z.object({ word: z.string(), detail: z.string() }).nullable() })),
  unreadable: z.array(z.object({ key: z.string(), detail: z.string() })),
  blocks: z.array(z.object({ scope: z.string(), word: z.string(), detail: z.string(), since: moment, until: moment.nullable() })),
  queue: z.record(z.string(), z.number()),
  runs: z.array(lastRunSchema.extend({ key: z.string(), causes: z.array(z.string()) })),
});

const stepSchema = z.object({
  operation: z.string(),
  target: z.string(),
  result: z.string(),
  status: z.number().nullable(),
  requestId: z.string().nullable(),
  attempt: z.number(),
  startedAt: moment,
  durationMs: z.number(),
});

/** A run of one device with its steps and its exposure clock. */
export const runSchema = lastRunSchema.extend({
  generation: z.number(),
  attempt: z.number(),
  posture: z.string(),
  causes: z.array(z.string()),
  notes: z.array(z.string()),
  steps: z.array(stepSchema),
  startedAt: moment,
  exposure: z.object({
    eventTime: moment.nullable(),
    receivedAt: moment.nullable(),
    suspendedAt: moment.nullable(),
    lastRevocationAt: moment.nullable(),
  }),
});

const text = z.string().nullable();

const deviceSchema = summarySchema.extend({
  mode: z.string().optional(),
  identity: z.object({ email: text, udid: text, serialNumber: text, enrolment: text, ownership: text, organizationGroup: text }),
  facts: z.object({
    compliance: text,
    complianceSince: moment.nullable(),
    compromised: z.boolean(),
    compromisedSince: moment.nullable(),
    ended: text,
    endedSince: moment.nullable(),
    unrecognised: text,
    operator: z.object({ state: z.string(), since: moment.nullable(), untilMs: moment.nullable(), reason: z.string(), by: z.string() }).nullish(),
  }),
  generation: z.number(),
  enforcedGeneration: z.number(),
  dirtySince: moment.nullable(),
  because: z.object({ why: z.string(), eventId: text, receivedAt: moment }).nullable(),
  ledger: z.record(z.string(), z.object({ state: z.string(), at: moment, statusSeen: z.string(), requestId: text })),
  containment: z.object({ openedAt: moment, letIn: z.array(z.string()), complete: z.boolean() }).nullable(),
  held: z.object({ word: z.string(), since: moment, detail: z.string() }).nullable(),
  failed: z.object({ cause: z.string(), at: moment, detail: z.string() }).nullable(),
  runs: z.array(runSchema),
  events: z.array(z.object({ id: z.string(), receivedAt: moment, result: z.string(), reason: z.string(), body: z.unknown() })),
});

export const devicesSchema = z.object({ devices: z.array(deviceSchema).min(1) });

export const problemSchema = z.object({ title: z.string(), detail: z.string() });

export type StatusAnswer = z.infer<typeof statusSchema>;
export type DeviceAnswer = z.infer<typeof deviceSchema>;
export type RunAnswer = z.infer<typeof runSchema>;
