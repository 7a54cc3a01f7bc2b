import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { DeviceKey } from '../compliance/device.js';
import { driftKinds } from '../compliance/drift.js';
import { redisKeys, type Prefix } from './keys.js';
import { progressSchema, type Coverage, type Progress } from './reports.js';

const differenceSchema = z.object({
  kinds: z.array(z.enum(driftKinds)),
  /** Whether there is something to repair. */
  repair: z.boolean(),
  /** UEM's id of the device; null where UEM does not have it. */
  deviceId: z.string().nullable(),
  recordIds: z.array(z.string()),
});
export type Difference = z.infer<typeof differenceSchema>;

/** A device of UEM's inventory; of several with one key the one with the highest rank counts. */
type Inventoried = { key: DeviceKey; rank: string };

const parts = ['progress', 'cursors', 'platforms', 'ids', 'unusable', 'devices', 'differences', 'repaired'] as const;
const atOnce = 500;

/**
 * What a sweep must remember of the devices it has seen, in Redis rather than in the process, so that it grows no process and outlives
 * it. Everything may be written twice: whoever takes over goes on from the last page that was noted.
 */
export class SweepMemory {
  readonly #redis: Redis;
  readonly #key: (part: string) => string;

  constructor(redis: Redis, prefix: Prefix) {
    this.#redis = redis;
    this.#key = redisKeys(prefix).sweep;
  }

  /** How far the job has come before its worker died; otherwise it begins with an empty memory. */
  async begin(fresh: Progress): Promise<Progress> {
    const text = await this.#redis.get(this.#key('progress'));
    const before = text === null ? undefined : progressSchema.safeParse(JSON.parse(text)).data;
    if (before?.id === fresh.id) return before;
    await this.forget();
    await this.save(fresh);
    return fresh;
  }

  async save(progress: Progress): Promise<void> {
    await this.#redis.set(this.#key('progress'), JSON.stringify(progress));
  }

  /** Notes which page leads to which (null: the first); false where another one has led there before. */
  async noteCursor(cursor: string, from: string | null): Promise<boolean> {
    const isNew = (await this.#redis.hsetnx(this.#key('cursors'), cursor, from ?? '')) === 1;
    return isNew || (await this.#redis.hget(this.#key('cursors'), cursor)) === (from ?? '');
  }

  /** Notes which of a platform's records carry the identifier that counts, and which do not. */
  async noteRecords(platform: string, records: { identified: string[]; bare: string[] }): Promise<void> {
    const call = this.#redis.multi().sadd(this.#key('platforms'), platform);
    for (const [word, ids] of Object.entries(records)) if (ids.length > 0) call.sadd(this.#key(`${word}:${platform}`), ...ids);
    await call.exec();
  }

  /** Forgets the records and pages that were noted: their listing begins anew. */
  async forgetRecords(): Promise<void> {
    await this.#redis.unlink(...(await this.#recordParts()), this.#key('platforms'), this.#key('cursors'));
  }

  async coverage(): Promise<Coverage[]> {
    const platforms = (await this.#redis.smembers(this.#key('platforms'))).toSorted();
    return await Promise.all(
      platforms.map(async (platform) => {
        const [identified, bare] = await Promise.all(['identified', 'bare'].map((word) => this.#redis.scard(this.#key(`${word}:${platform}`))));
        const records = (identified ?? 0) + (bare ?? 0);
        return { platform, records, identified: identified ?? 0, percent: Math.floor((100 * (identified ?? 0)) / records) };
      }),
    );
  }

  /** Up to `count` ids of records without the identifier that counts. */
  async bareRecords(count: number): Promise<string[]> {
    const platforms = await this.#redis.smembers(this.#key('platforms'));
    const ids = await Promise.all(platforms.map((platform) => this.#redis.srandmember(this.#key(`bare:${platform}`), count)));
    return ids.flat().toSorted().slice(0, count);
  }

  /** Notes the ids of UEM's devices, and returns those (by key) that count: no other with their key has a higher rank. */
  async noteDevices(ids: string[], devices: Inventoried[]): Promise<Inventoried[]> {
    if (ids.length > 0) await this.#redis.sadd(this.#key('ids'), ...ids);
    if (devices.length === 0) return [];
    const best = new Map<DeviceKey, string>();
    const keys = [...new Set(devices.map(({ key }) => key))];
    const before = await this.#redis.hmget(this.#key('devices'), ...keys);
    keys.forEach((key, i) => best.set(key, before[i] ?? ''));
    for (const { key, rank } of devices) if (rank > (best.get(key) ?? '')) best.set(key, rank);
    await this.#redis.hset(this.#key('devices'), best);
    return devices.filter(({ key, rank }) => best.get(key) === rank);
  }

  /** Notes the ids of UEM's devices that cannot be looked for; returns how many different ones there are. */
  async noteUnusable(ids: string[]): Promise<number> {
    if (ids.length > 0) await this.#redis.sadd(this.#key('unusable'), ...ids);
    return await this.#redis.scard(this.#key('unusable'));
  }

  /** How many different devices UEM has listed. */
  async deviceCount(): Promise<number> {
    return await this.#redis.scard(this.#key('ids'));
  }

  /** Those of the keys under which UEM has listed no device. */
  async unlisted(keys: DeviceKey[]): Promise<DeviceKey[]> {
    if (keys.length === 0) return [];
    const ranks = await this.#redis.hmget(this.#key('devices'), ...keys);
    return keys.filter((_key, i) => ranks[i] === null);
  }

  /** Notes how devices differ; null: not at all. */
  async noteDifferences(differences: Map<DeviceKey, Difference | null>): Promise<void> {
    const call = this.#redis.pipeline();
    for (const [key, difference] of differences) {
      if (difference === null) call.hdel(this.#key('differences'), key);
      else call.hset(this.#key('differences'), key, JSON.stringify(difference));
    }
    await call.exec();
  }

  /** Every difference that was noted, in no order, by the hundred; one may come twice. */
  async *differences(): AsyncGenerator<[DeviceKey, Difference][]> {
    for await (const batch of this.#redis.hscanStream(this.#key('differences'), { count: atOnce })) {
      const flat = z.array(z.string()).parse(batch);
      yield flat.flatMap((key, i): [DeviceKey, Difference][] => (i % 2 === 0 ? [[key, differenceSchema.parse(JSON.parse(flat[i + 1] ?? ''))]] : []));
    }
  }

  /** Notes what became of a difference, or of a suspended record. What was noted first stays: it is dealt with twice where a listing begins anew. */
  async noteRepair(key: DeviceKey, result: string): Promise<void> {
    await this.#redis.hsetnx(this.#key('repaired'), key, result);
  }

  /** What became of a difference; null: nothing yet. */
  async repairOf(key: DeviceKey): Promise<string | null> {
    return await this.#redis.hget(this.#key('repaired'), key);
  }

  /** What became of the differences -> how many. */
  async repairs(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for await (const batch of this.repaired()) for (const [, result] of batch) counts[result] = (counts[result] ?? 0) + 1;
    return counts;
  }

  /** What was dealt with, and what became of it, in no order, by the hundred; one may come twice. */
  async *repaired(): AsyncGenerator<[string, string][]> {
    for await (const batch of this.#redis.hscanStream(this.#key('repaired'), { count: atOnce })) {
      const flat = z.array(z.string()).parse(batch);
      yield flat.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, flat[i + 1] ?? '']] : []));
    }
  }

  /** The sweep is over. */
  async forget(): Promise<void> {
    await this.#redis.unlink(...(await this.#recordParts()), ...parts.map(this.#key));
  }

  async #recordParts(): Promise<string[]> {
    const platforms = await this.#redis.smembers(this.#key('platforms'));
    return platforms.flatMap((platform) => ['identified', 'bare'].map((word) => this.#key(`${word}:${platform}`)));
  }
}
