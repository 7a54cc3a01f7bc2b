import { ConfigError } from './config.js';
import type { Settings } from './settings.js';
import type { RedisTarget } from './store/connection.js';

/** The Redis that the settings name; null when they name none. */
export function configuredRedis(settings: Settings['redis']): RedisTarget | null {
  const { REDIS_URL: url, REDIS_SENTINELS: sentinels, REDIS_SENTINEL_NAME: name } = settings;
  if (sentinels && name) return { sentinels, name, url, username: settings.REDIS_SENTINEL_USERNAME, password: settings.REDIS_SENTINEL_PASSWORD?.() };
  return url ? { url } : null;
}

/** The Redis of a process that does not start one itself. Throws `ConfigError`. */
export function redisTarget(settings: Settings['redis']): RedisTarget {
  const target = configuredRedis(settings);
  if (target !== null) return target;
  throw new ConfigError(['REDIS_URL: is required for a process that is started alone. Example: REDIS_URL=redis://127.0.0.1:6379']);
}
