import type { Redis } from 'ioredis';
import type { DeviceKey } from '../compliance/device.js';
import { redisKeys, type Prefix } from './keys.js';
import { entriesOf } from './runs.js';

/** An event as it was kept: its id, what became of it, and the fields of its body that we keep. */
export type KeptEvent = { id: string; receivedAt: number; result: string; reason: string; body: unknown };

/** The newest events of one device, newest first. */
export async function eventsOf(redis: Redis, prefix: Prefix, key: DeviceKey): Promise<KeptEvent[]> {
  const keys = redisKeys(prefix);
  const entries = await entriesOf(redis, keys.events, keys.deviceEvents(key));
  return entries.map(({ id, event, result, reason }) => ({
    id,
    receivedAt: receivedAt(id),
    result: result ?? '',
    reason: reason ?? '',
    body: JSON.parse(event ?? 'null'),
  }));
}

/** When the newest event of any device came, milliseconds since 1970; null when none is kept. */
export async function lastEventAt(redis: Redis, prefix: Prefix): Promise<number | null> {
  const [newest] = await redis.xrevrange(redisKeys(prefix).events, '+', '-', 'COUNT', 1);
  return newest === undefined ? null : receivedAt(newest[0]);
}

function receivedAt(id: string): number {
  return Number(id.split('-')[0]);
}
