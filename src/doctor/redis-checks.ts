import type { Redis } from 'ioredis';
import { connectFailingFast, type RedisTarget } from '../store/connection.js';
import { lastEventAt } from '../store/events.js';
import type { Prefix } from '../store/keys.js';
import type { Clock } from './clocks.js';
import { check, checkFirst, skipped, type Check, type CheckId, type Finding } from './report.js';

/** `whenSilent`: what to do where it does not answer. */
type RedisSubject = { target: RedisTarget; prefix: Prefix; deadlineMs: number; now: () => number; whenSilent: string };

export const redisCheckIds = ['redis_answers', 'redis_role', 'redis_version', 'redis_aof', 'redis_eviction', 'uem_events'] as const satisfies CheckId[];

/** Whether Redis can be entrusted with events, and when the newest one came. Writes nothing. */
export async function examineRedis({ target, prefix, deadlineMs, now, whenSilent }: RedisSubject): Promise<{ checks: Check[]; clocks: Clock[] }> {
  const redis = connectFailingFast(target);
  const clocks: Clock[] = [];
  try {
    let info: RedisInfo = {};
    const answers = await checkFirst('redis_answers', deadlineMs, async () => {
      await ready(redis);
      info = readInfo(await redis.info());
      const [seconds, microseconds] = await redis.time();
      clocks.push({ name: 'Redis', aheadMs: Number(seconds) * 1000 + Number(microseconds) / 1000 - now() });
      return { status: 'ok', measured: 'connected' };
    });
    if (answers.status !== 'ok') return { checks: [{ ...answers, advice: whenSilent }, ...skipped(redisCheckIds.slice(1), 'Redis does not answer')], clocks };
    const checks = [
      answers,
      await check('redis_role', deadlineMs, async () => judgeRole(info)),
      await check('redis_version', deadlineMs, async () => judgeVersion(info)),
      await check('redis_aof', deadlineMs, async () => judgeAof(info)),
      await check('redis_eviction', deadlineMs, async () => judgeEviction(info)),
      await check('uem_events', deadlineMs, async () => judgeNewestEvent(await lastEventAt(redis, prefix), now())),
    ];
    return { checks, clocks };
  } finally {
    redis.disconnect();
  }
}

/** Rejects with the first error instead of connecting again and again. */
function ready(redis: Redis): Promise<void> {
  return new Promise((resolve, reject) => {
    redis.once('ready', () => resolve());
    redis.on('error', reject);
  });
}

/** The fields of INFO that the checks read. They are as CONFIG GET has them, also where CONFIG is forbidden (managed services). */
type RedisInfo = Record<string, string>;

/** Redis' answer to INFO, by field. */
export function readInfo(text: string): RedisInfo {
  return Object.fromEntries(text.split(/\r?\n/).filter((line) => line.includes(':')).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

/** A replica refuses writes, or forgets them when it next follows its master. */
function judgeRole({ role = 'unknown' }: RedisInfo): Finding {
  if (role === 'master') return { status: 'ok', measured: role };
  return {
    status: 'fail',
    measured: role === 'slave' ? 'a replica (role:slave)' : `role ${role}`,
    advice: 'Let REDIS_URL name the master, or give REDIS_SENTINELS and REDIS_SENTINEL_NAME, which find it: a replica takes no events.',
  };
}

/** BullMQ's documentation ("Requirements") recommends 6.2 or newer. */
export function judgeVersion({ redis_version: version = 'unknown' }: RedisInfo): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 6 || (major === 6 && minor >= 2)) return { status: 'ok', measured: version };
  return { status: 'fail', measured: version, advice: 'Upgrade Redis to 6.2 or newer.' };
}

/** Without an AOF, accepted events are lost when Redis ends. */
export function judgeAof({ aof_enabled: enabled, aof_last_write_status: lastWrite }: RedisInfo): Finding {
  if (enabled !== '1') return { status: 'fail', measured: 'appendonly no', advice: 'Set appendonly yes (and CONFIG REWRITE): without it, accepted events are lost when Redis restarts.' };
  if (lastWrite !== 'ok') return { status: 'fail', measured: `appendonly yes, but the last write of the AOF: ${lastWrite ?? 'unknown'}`, advice: 'Make room on Redis\' disk: it refuses writes until the AOF can be written.' };
  return { status: 'ok', measured: 'appendonly yes' };
}

/** BullMQ's documentation ("Going to production"): any other policy may evict parts of the queue. */
export function judgeEviction({ maxmemory_policy: policy = 'unknown' }: RedisInfo): Finding {
  if (policy === 'noeviction') return { status: 'ok', measured: policy };
  return { status: 'fail', measured: `maxmemory-policy ${policy}`, advice: 'Set maxmemory-policy noeviction: Redis must not drop facts and jobs when memory is short.' };
}

const quietMs = 24 * 3_600_000;

/** When UEM was last heard of; it documents no retry, so silence is the only sign of events that do not arrive. */
export function judgeNewestEvent(atMs: number | null, nowMs: number): Finding {
  const advice = 'Check the event notification in UEM (its target URL, credentials and events; Test Connection must succeed) and that the receiver runs.';
  if (atMs === null) return { status: 'warn', measured: 'none so far', advice };
  const ageMs = Math.max(0, nowMs - atMs);
  const measured = `the newest came ${new Date(atMs).toISOString()}`;
  const values = { ageMs };
  return ageMs > quietMs ? { status: 'warn', measured: `${measured}, more than a day ago`, advice, values } : { status: 'ok', measured, values };
}
