import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { webhookCredentials } from '../scenarios/environment.js';
import type { Wave } from './device.js';

const resultSchema = z.object({
  queued: z.number(),
  refused: z.number(),
  errors: z.number(),
  otherwise: z.number(),
  perSecond: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  /** When each webhook was sent, in milliseconds since the epoch. */
  sentAt: z.array(z.number()),
});

export type LoadResult = z.infer<typeof resultSchema>;

type Load = { url: string; connections: number; amount: number; wave: Wave; patienceMs: number };

/** What UEM sends as HTTP Basic, as a header. */
export const authorization = `Basic ${Buffer.from(`${webhookCredentials.username}:${webhookCredentials.password}`).toString('base64')}`;

/** Sends a wave of webhooks from a process of its own. Rejects unless every single one was answered with `queued`. */
export async function sendLoad({ patienceMs, ...load }: Load): Promise<LoadResult> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'load.js')], { stdio: ['pipe', 'pipe', 'inherit'], timeout: patienceMs });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stdin.end(JSON.stringify({ ...load, authorization }));
  const output = await text(child.stdout);
  if ((await exited) !== 0) throw new Error('The process that sends webhooks broke, or was too slow.');
  const result = resultSchema.parse(JSON.parse(output));
  if (result.queued !== load.amount) throw new Error(`Of ${load.amount} webhooks not all were queued: ${JSON.stringify(result)}`);
  return result;
}
