import { z } from 'zod';
import { policySchema } from '../compliance/policy.js';
import { pauseSchema, runSchema, safeguardSchema } from './answers.js';

/** What the command shows of the console's answers about people's work; see answers.ts. Moments are milliseconds since 1970. */
const moment = z.number();
const text = z.string().nullable();
const named = { key: z.string(), generation: z.number().nullish(), name: text, platform: text, email: text };

const unreadable = z.array(z.object({ key: z.string(), detail: z.string() }));

export const heldSchema = z.object({
  devices: z.array(z.object({ ...named, word: z.string(), since: moment, detail: z.string(), causes: z.array(z.string()), wouldNow: z.string() })),
  unreadable,
  cut: z.boolean(),
  safeguard: safeguardSchema,
});

export const failuresSchema = z.object({
  failures: z.array(z.object({ ...named, cause: text, at: moment.nullable(), retryAt: moment.nullable(), detail: z.string(), wouldNow: z.string() })),
  cut: z.boolean(),
});

export const keysSchema = z.object({ keys: z.array(z.string()) });
export const resetSchema = z.object({ reset: z.array(z.string()) });
export const pausedSchema = z.object({ pause: pauseSchema });
export const resumedSchema = z.object({ resumed: z.boolean() });
export const overrideSchema = z.object({ key: z.string(), state: z.string(), untilMs: moment, mode: z.string().optional() });

export const runsSchema = z.object({ runs: z.array(runSchema.extend({ key: z.string() })) });
export const eventsSchema = z.object({
  events: z.array(z.object({ id: z.string(), key: z.string(), receivedAt: moment, result: z.string(), reason: z.string(), body: z.unknown() })),
});
export const auditSchema = z.object({ entries: z.array(z.object({ at: moment, by: z.string(), what: z.string(), target: z.string(), reason: z.string() })) });
export const policyAnswerSchema = z.object({ policy: policySchema });

export type HeldAnswer = z.infer<typeof heldSchema>;
export type FailureAnswer = z.infer<typeof failuresSchema>['failures'][number];
