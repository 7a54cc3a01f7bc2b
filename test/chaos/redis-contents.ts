import type { Redis } from 'ioredis';

/** Everything that Redis holds, whatever its type, as one text. */
export async function redisContents(redis: Redis): Promise<string> {
  const keys = new Set<string>();
  for await (const found of redis.scanStream({ count: 500 })) for (const key of found) keys.add(String(key));
  const values = await Promise.all([...keys].map(async (key) => `${key} ${JSON.stringify(await valueOf(redis, key))}`));
  return values.join('\n');
}

async function valueOf(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  switch (type) {
    case 'string':
      return await redis.get(key);
    case 'hash':
      return await redis.hgetall(key);
    case 'list':
      return await redis.lrange(key, 0, -1);
    case 'set':
      return await redis.smembers(key);
    case 'zset':
      return await redis.zrangebyscore(key, '-inf', '+inf');
    case 'stream':
      return await redis.xrange(key, '-', '+');
    case 'none':
      return null;
    default:
      throw new Error(`${key} is a ${type}: teach this function to read it`);
  }
}
