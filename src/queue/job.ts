import { z } from 'zod';
import { wishes } from '../compliance/comparison.js';

export const enforcementQueue = 'enforcement';
export const upkeepQueue = 'upkeep';
export const reconciliationQueue = 'reconciliation';

/**
 * A device to be brought to where its facts want it. It carries no event: the worker reads the facts when it runs. `plan`: the generation
 * whose attempts are counted; `before`: how many the job had made of older ones.
 */
export const enforcementJobSchema = z.object({ v: z.literal(1), key: z.string().min(1), plan: z.number().optional(), before: z.number().optional() });
export type EnforcementJob = z.infer<typeof enforcementJobSchema>;

/** Something that the relay does by the clock. */
export const upkeepJobSchema = z.discriminatedUnion('name', [
  /** Re-adds devices that stay dirty, and takes up devices that were given up. */
  z.object({ v: z.literal(1), name: z.literal('requeue') }),
  /** Reads a device's records again: re-enrolling creates a new one, and a call without an answer may have taken effect late. */
  z.object({ v: z.literal(1), name: z.literal('recheck'), key: z.string().min(1), why: z.string(), openedAt: z.number().nullable() }),
  /** Looks at what another flow made of a device about which shadow mode has decided something (the words: src/store/comparisons.ts). */
  z.object({
    v: z.literal(1),
    name: z.literal('compare'),
    key: z.string().min(1),
    spellings: z.object({ udid: z.array(z.string()), serialNumber: z.array(z.string()) }),
    wanted: z.enum(wishes),
    why: z.string(),
    decidedAt: z.number(),
    knownAt: z.number(),
    already: z.boolean(),
    /** The record that a search has shown not to be as wanted: it is to be read by id. */
    doubted: z.string().optional(),
  }),
]);
export type UpkeepJob = z.infer<typeof upkeepJobSchema>;
export type CompareJob = Extract<UpkeepJob, { name: 'compare' }>;

/** Something that looks at all devices at once: at most one at a time over all processes. */
export const reconciliationJobSchema = z.discriminatedUnion('name', [
  /** Compares UEM's inventory and the directory's with what is remembered; repairs the differences unless `dryRun`. */
  z.object({
    v: z.literal(1),
    name: z.literal('sweep'),
    by: z.string(),
    reason: z.string(),
    dryRun: z.boolean(),
    /** An inventory that has lost more than half of its devices is right: a human says so. */
    acceptShrunk: z.boolean(),
  }),
  /** Records as ours the suspensions by the actor of that id in the directory's log; null: those that we made ourselves. */
  z.object({ v: z.literal(1), name: z.literal('adopt'), by: z.string(), reason: z.string(), dryRun: z.boolean(), actor: z.string().nullable() }),
]);
export type ReconciliationJob = z.infer<typeof reconciliationJobSchema>;

/** Lower goes first; every job has one (a job without would go before all others). */
export const priorities = { compromised: 1, contain: 2, release: 10, recheck: 15, look: 15, requeue: 20, sweep: 20 } as const;
export type Urgency = keyof typeof priorities;
