import type { Redis } from 'ioredis';
import { normaliseIdentifier, type DeviceKey } from '../compliance/device.js';
import { deviceKeyBatches } from '../store/device.js';
import { redisKeys, type Prefix } from '../store/keys.js';

/**
 * The keys that a person may mean: a key, a UDID, a serial number, or an enrolment e-mail address. What is no key (a mobile's serial
 * number, a desktop's UDID, an address) is looked for in every device: a person waits for that, no event does.
 */
export async function findKeys(redis: Redis, prefix: Prefix, query: string): Promise<DeviceKey[]> {
  const kind = /^(udid|serial):(.+)$/i.exec(query.trim());
  const wanted = kind ? [`${kind[1]?.toLowerCase()}:${normaliseIdentifier(kind[2] ?? '')}`] : ['udid', 'serial'].map((name) => `${name}:${normaliseIdentifier(query)}`);
  const known = await Promise.all(wanted.map((key) => redis.exists(redisKeys(prefix).device(key))));
  const found = wanted.filter((_key, i) => known[i] === 1);
  return found.length > 0 || kind ? found : await keysOfDevicesWith(redis, prefix, query);
}

async function keysOfDevicesWith(redis: Redis, prefix: Prefix, query: string): Promise<DeviceKey[]> {
  const address = query.trim().toLowerCase();
  const identifier = normaliseIdentifier(query);
  const found: DeviceKey[] = [];
  for await (const batch of deviceKeyBatches(redis, prefix)) {
    const fields = await Promise.all(batch.map((key) => redis.hmget(redisKeys(prefix).device(key), 'email', 'udid', 'serialNumber')));
    const isMeant = (_key: DeviceKey, i: number) => {
      const [email, ...identifiers] = fields[i] ?? [];
      return email?.toLowerCase() === address || identifiers.some((text) => text && normaliseIdentifier(text) === identifier);
    };
    found.push(...batch.filter(isMeant));
  }
  return [...new Set(found)].toSorted();
}
