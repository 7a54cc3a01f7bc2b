import type { Redis } from 'ioredis';
import { redisKeys } from '../../src/store/keys.js';

export const keys = redisKeys('{relay}');

type RedisUsage = { bytes: number; keyCount: number };

/**
 * What Redis holds of ours: its used memory without what clients and the AOF need for the moment, and without BullMQ's stream of its own
 * events, which is trimmed at about 10,000 entries and so says nothing about one device.
 */
export async function redisUsage(client: Redis): Promise<RedisUsage> {
  const info = await client.info('memory');
  const bullEvents = (await client.memory('USAGE', '{relay}:enforcement:events', 'SAMPLES', 0)) ?? 0;
  const bytes = infoNumber(info, 'used_memory') - infoNumber(info, 'mem_clients_normal') - infoNumber(info, 'mem_aof_buffer') - bullEvents;
  return { bytes, keyCount: await client.dbsize() };
}

function infoNumber(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
}
