import type { Redis } from 'ioredis';
import type { DeviceKey } from '../compliance/device.js';
import { redisKeys, type Prefix } from './keys.js';
import { entriesOf, pairs } from './runs.js';

/** An event as it was kept: its id, what became of it, and the fields of its body that we keep. */
type KeptEvent = { id: string; receivedAt: number; result: string; reason: string; body: unknown };

/** The newest events of one device, newest first. */
export async function eventsOf(redis: Redis, prefix: Prefix, key: DeviceKey): Promise<KeptEvent[]> {
  const keys = redisKeys(prefix);
  const entries = await entriesOf(redis, keys.events, keys.deviceEvents(key));
  return entries.map(keptEvent);
}

function keptEvent({ id, event, result, reason }: { id: string } & Record<string, string>): KeptEvent {
  return { id, receivedAt: receivedAt(id), result: result ?? '', reason: reason ?? '', body: JSON.parse(event ?? 'null') };
}

/** How many kept events are looked at for those that were ignored. */
const searchedAtMost = 5_000;
const pageSize = 500;

/** The newest events of all devices, newest first, with the device key (empty where none is known). `refused`: only those that were ignored. */
export async function newestEvents(redis: Redis, prefix: Prefix, { limit, refused }: { limit: number; refused: boolean }): Promise<(KeptEvent & { key: DeviceKey })[]> {
  const found: (KeptEvent & { key: DeviceKey })[] = [];
  let end = '+';
  for (let searched = 0; searched < searchedAtMost && found.length < limit; searched += pageSize) {
    const page = await redis.xrevrange(redisKeys(prefix).events, end, '-', 'COUNT', pageSize);
    const events = page.map(([id, fields]) => ({ ...keptEvent({ ...pairs(fields), id }), key: pairs(fields).key ?? '' }));
    found.push(...events.filter(({ result }) => !refused || result === 'ignored'));
    if (page.length < pageSize) break;
    end = `(${page.at(-1)?.[0]}`;
  }
  return found.slice(0, limit);
}

/** When the newest event of any device came, milliseconds since 1970; null when none is kept. */
export async function lastEventAt(redis: Redis, prefix: Prefix): Promise<number | null> {
  const [newest] = await redis.xrevrange(redisKeys(prefix).events, '+', '-', 'COUNT', 1);
  return newest === undefined ? null : receivedAt(newest[0]);
}

function receivedAt(id: string): number {
  return Number(id.split('-')[0]);
}
