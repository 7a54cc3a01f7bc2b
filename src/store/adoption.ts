import type { Redis } from 'ioredis';
import type { DeviceKey } from '../compliance/device.js';
import type { LedgerEntry } from '../compliance/ledger.js';
import { redisKeys, type Prefix } from './keys.js';
import { Script } from './script.js';

/** KEYS ledger, locked · ARGV record id, entry, when, device key -> 1 if written: what is ours, or what a worker is about to do, stays */
const adoptScript = new Script(`
local known = redis.call('HGET', KEYS[1], ARGV[1])
known = known and cjson.decode(known)
if known and known.state ~= 'released' and not (known.state == 'ours' and (known.unproven or known.statusSeen ~= 'active')) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], 'NX', ARGV[3], ARGV[4])
return 1
`);

/** Writes a suspension that was not made by us, or under another device's key, into the ledger as ours; false where the ledger says of the record that it is, or may be. */
export async function adoptRecord(redis: Redis, prefix: Prefix, { key, recordId, entry }: { key: DeviceKey; recordId: string; entry: LedgerEntry }): Promise<boolean> {
  const keys = redisKeys(prefix);
  return (await adoptScript.run(redis, [keys.ledger(key), keys.locked], [recordId, JSON.stringify(entry), entry.at, key])) === 1;
}
