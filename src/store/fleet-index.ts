import type { Redis } from 'ioredis';
import { keyOfRecord, type DeviceKey } from '../compliance/device.js';
import type { DeviceRecord, RecordStatus } from '../compliance/record.js';
import { packRecord, readEntry, recordStart, statusLetter } from './fleet-entry.js';
import { redisKeys, type Prefix } from './keys.js';
import { Script } from './script.js';

/** What the directory held about a device, and when at the earliest: milliseconds since 1970. No records: there are too many to be kept. */
export type FleetEntry = { seenAt: number; records: DeviceRecord[] };

/** One listing of all devices. `seenAt` is when it began, milliseconds since 1970: nothing in it is older. */
type Listing = { id: string; seenAt: number };

/** What an entry may take, in bytes: many devices may carry one serial number (`To be filled by O.E.M.`). */
const maxEntryBytes = 4_096;
/** How many fields one call deals with: Redis serves nobody else meanwhile. */
const atOnce = 500;

/**
 * An entry is `1;<seenAt>;<listing>;<records>`: a version, when and by which listing the device was seen last, and its records as JSON,
 * separated by commas; without records where they were too many.
 * ARGV seenAt, listing, bytes, then key and record by turns. A record joins what the same listing has found before, and replaces what is
 * older; what was seen later stays.
 */
const learnListedScript = new Script(`
local head = '1;' .. ARGV[1] .. ';' .. ARGV[2] .. ';'
for i = 4, #ARGV, 2 do
  local known, entry = redis.call('HGET', KEYS[1], ARGV[i]), head .. ARGV[i + 1]
  if known and string.sub(known, 1, #head) == head then
    entry = #known == #head and known or known .. ',' .. ARGV[i + 1]
  elseif known and (tonumber(string.match(known, '^1;(%d+);')) or 0) > tonumber(ARGV[1]) then
    entry = known
  end
  redis.call('HSET', KEYS[1], ARGV[i], #entry > tonumber(ARGV[3]) and head or entry)
end
`);

/** ARGV key, how the record begins, letter of its status */
const learnStatusScript = new Script(`
local entry = redis.call('HGET', KEYS[1], ARGV[1])
local _, last = string.find(entry or '', ARGV[2], 1, true)
if not last then return end
while last do
  entry = string.sub(entry, 1, last) .. ARGV[3] .. string.sub(entry, last + 2)
  _, last = string.find(entry, ARGV[2], last, true)
end
redis.call('HSET', KEYS[1], ARGV[1], entry)
`);

/** ARGV seenAt, listing, then keys -> how many were deleted */
const forgetUnseenScript = new Script(`
local gone = 0
for i = 3, #ARGV do
  local seenAt, listing = string.match(redis.call('HGET', KEYS[1], ARGV[i]) or '', '^1;(%d+);([^;]*);')
  if not seenAt or (tonumber(seenAt) < tonumber(ARGV[1]) and listing ~= ARGV[2]) then
    gone = gone + redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return gone
`);

/**
 * What listings and look-ups have shown of the directory's devices, under the key that each record's own identifiers give it. It may be
 * out of date at any time: who acts on it verifies that afterwards.
 */
export class FleetIndex {
  readonly #redis: Redis;
  readonly #name: string;

  constructor(redis: Redis, prefix: Prefix) {
    this.#redis = redis;
    this.#name = redisKeys(prefix).fleet;
  }

  /** Takes in a page of a listing. Records without a class or its identifier are left out. */
  async learnListed(records: DeviceRecord[], { id, seenAt }: Listing): Promise<void> {
    const fields = records.flatMap((record) => {
      const key = keyOfRecord(record);
      return key === null ? [] : [key, packRecord(record)];
    });
    await learnListedScript.run(this.#redis, [this.#name], [seenAt, id, maxEntryBytes, ...fields]);
  }

  /** Takes in everything that a look-up of a device has found. Where that is not one device by the records' own word, nothing is known of it. */
  async learnFound(key: DeviceKey, records: DeviceRecord[], seenAt: number): Promise<void> {
    const entry = `1;${seenAt};;${records.map(packRecord).join()}`;
    const own = records.length > 0 && records.every((record) => keyOfRecord(record) === key);
    if (own && Buffer.byteLength(entry) <= maxEntryBytes) await this.#redis.hset(this.#name, key, entry);
    else await this.forget([key]);
  }

  /** A call of ours has given the record this status. */
  async learnStatus(key: DeviceKey, recordId: string, status: RecordStatus): Promise<void> {
    await learnStatusScript.run(this.#redis, [this.#name], [key, recordStart(recordId), statusLetter(status)]);
  }

  /** What is known of each device; one that is not known, or whose entry cannot be read, is left out. */
  async recall(keys: DeviceKey[]): Promise<Map<DeviceKey, FleetEntry>> {
    if (keys.length === 0) return new Map();
    const entries = await this.#redis.hmget(this.#name, ...keys);
    const known = keys.map((key, index) => [key, readEntry(key, entries[index] ?? null)] as const);
    return new Map(known.flatMap(([key, entry]) => (entry === undefined ? [] : [[key, entry]])));
  }

  async forget(keys: DeviceKey[]): Promise<void> {
    if (keys.length > 0) await this.#redis.hdel(this.#name, ...keys);
  }

  /** After a complete listing: forgets what neither it nor anything newer has seen. Returns how many devices that were. */
  async forgetUnseen({ id, seenAt }: Listing): Promise<number> {
    let gone = 0;
    let cursor = '0';
    do {
      const [next, found] = await this.#redis.hscan(this.#name, cursor, 'COUNT', atOnce);
      const keys = found.filter((_, index) => index % 2 === 0);
      if (keys.length > 0) gone += Number(await forgetUnseenScript.run(this.#redis, [this.#name], [seenAt, id, ...keys]));
      cursor = next;
    } while (cursor !== '0');
    return gone;
  }

  /** How many devices are known. */
  async size(): Promise<number> {
    return await this.#redis.hlen(this.#name);
  }
}
