import { readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { z } from 'zod';

/** What a private Redis listens on and asks for; kept as its configuration file in its data folder, readable by us alone. */
export type RedisSettings = { port: number; password: string };

export const settingsFile = 'redis.conf';

/** Writes the configuration; paths in it are relative, so Redis must be started in the data folder. */
export async function writeSettings(dataDir: string, { port, password }: RedisSettings): Promise<void> {
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    'appendonly yes',
    'appendfsync everysec',
    'maxmemory-policy noeviction',
    'save ""',
  ];
  await writeFile(join(dataDir, settingsFile), `${lines.join('\n')}\n`, { mode: 0o600 });
}

/** The settings of the Redis that last ran on this folder, or null. */
export async function readSettings(dataDir: string): Promise<RedisSettings | null> {
  const text = await readFile(join(dataDir, settingsFile), 'utf8').catch(() => '');
  const port = /^port (\d+)$/m.exec(text)?.[1];
  const password = /^requirepass (\w+)$/m.exec(text)?.[1];
  return port === undefined || password === undefined ? null : { port: Number(port), password };
}

/**
 * Two Redis on one AOF destroy it. Ends the Redis that a killed process left behind on `dataDir`;
 * throws when that Redis still has clients, because then somebody works with it.
 */
export async function stopAbandoned(dataDir: string, settings: RedisSettings): Promise<void> {
  const once = { lazyConnect: true, enableReadyCheck: false, retryStrategy: () => null, maxRetriesPerRequest: 0, commandTimeout: 2000 };
  const redis = new Redis({ host: '127.0.0.1', ...settings, ...once });
  redis.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => redis.once('end', resolve));
  try {
    if (!(await servesFolder(redis, dataDir))) return;
    const clients = String(await redis.client('LIST')).trim().split('\n').length;
    if (clients > 1) throw new Error(`${dataDir} is in use: another process works with the Redis on it. Stop that process, or set DATA_DIR.`);
    await redis.shutdown().catch(() => undefined);
    await closed;
  } finally {
    if (redis.status !== 'end') redis.disconnect(); // on an ended one it would start a timer of 2 s
  }
}

async function servesFolder(redis: Redis, dataDir: string): Promise<boolean> {
  try {
    await redis.connect();
    const [, folder] = z.tuple([z.string(), z.string()]).parse(await redis.config('GET', 'dir'));
    return folder === (await realpath(dataDir));
  } catch {
    return false;
  }
}
