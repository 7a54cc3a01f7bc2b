import type { Redis } from 'ioredis';
import { epochMsOf } from '../compliance/version.js';
import type { Log } from '../log.js';
import { keepUnassigned, type Ingested } from '../store/ingest.js';
import type { Prefix } from '../store/keys.js';
import type { WebhookReading } from '../uem/webhook.js';
import type { GroupCommit } from './group-commit.js';

type Receipt = { result: 'queued' | 'duplicate' | 'stale' | 'ignored'; eventId: string; reason?: string };

export type Intake = { redis: Redis; commit: GroupCommit; prefix: Prefix; historyMs: number; log: Log };

const tolerableSkewMs = 300_000;

/**
 * Keeps an event, moves its device's facts and enqueues the device. When it has answered, Redis has all of it; when it throws, the
 * sender is told to come again (and what was kept already is enqueued by the workers' upkeep).
 */
export async function takeIn(intake: Intake, reading: Exclude<WebhookReading, { kind: 'unusable' }>): Promise<Receipt> {
  const { redis, commit, log } = intake;
  if (reading.kind === 'ignored') {
    const eventId = await keepUnassigned(redis, intake, { kept: reading.fields, reason: reading.reason });
    log.warn({ eventId, platform: reading.fields.Platform, alert: 'unknown_platform' }, 'event ignored: unknown platform');
    return { result: 'ignored', eventId, reason: reading.reason };
  }
  const { event, neutral, fields } = reading;
  const ingested = await commit.take({ event, neutral, kept: fields });
  const { id, key, result, reason, generation } = ingested;
  log.info({ eventId: id, key, result, reason, generation, eventType: event.eventType }, 'event received');
  warnOfSkew(log, event.time, ingested);
  return { result, eventId: id, ...(reason === undefined ? {} : { reason }) };
}

function warnOfSkew(log: Log, time: string | null, { id, now }: Ingested): void {
  if (time === null || now === undefined) return;
  const aheadMs = epochMsOf(time) - epochMsOf(now);
  if (aheadMs > tolerableSkewMs) log.warn({ eventId: id, aheadMs, alert: 'clock_skew' }, 'EventTime lies in the future');
}
