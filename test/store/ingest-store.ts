import type { Redis } from 'ioredis';
import type { ComplianceEvent } from '../../src/compliance/event.js';
import { versionOf } from '../../src/compliance/version.js';
import { readDevice, type DeviceState } from '../../src/store/device.js';
import { EnforcementStore } from '../../src/store/enforcement.js';
import { ingest, type Incoming, type Ingested } from '../../src/store/ingest.js';
import { redisKeys } from '../../src/store/keys.js';
import { startTestRedis } from '../redis.js';

const prefix = '{relay}';
export const keys = redisKeys(prefix);
export const scope = { prefix, historyMs: 86_400_000 } as const;

const start = Date.now() - 3_600_000;
/** A time in the past, `seconds` after the beginning of the story. */
export const at = (seconds: number) => versionOf(start + seconds * 1000);

export const laptop = { deviceClass: 'desktop', udid: '6D8875FB', serialNumber: '5CD1234XYZ', platform: 'WinRT', enrolment: '5711' } as const;
export const phone = { deviceClass: 'mobile', udid: '00008020-001A', serialNumber: 'F2LX', platform: 'Apple', enrolment: '8123' } as const;
/** Of a delete or an unenrolment the platform is missing. */
export const nameless = { deviceClass: null, platform: null } as const;
export const laptopKey = 'serial:5cd1234xyz';
export const phoneKey = 'udid:00008020001a';

export const nonCompliant = { compliance: 'noncompliant' } as const;
export const compliant = { compliance: 'compliant' } as const;
export const enrolled = { enrolled: true } as const;
export const deleted = { ended: 'deleted' } as const;

export type IngestStore = {
  redis: Redis;
  enforcement: EnforcementStore;
  /** Has Redis take an event; what is not given says nothing. */
  take: (event: Partial<ComplianceEvent>, rest?: Partial<Incoming>) => Promise<Ingested>;
  state: (key: string) => Promise<DeviceState>;
  find: (key: string) => Promise<DeviceState | null>;
  /** As the worker does after a run in which all went well. */
  settle: (key: string) => Promise<void>;
  stop: () => Promise<void>;
};

/** What remembers devices, on a Redis of its own. */
export async function startIngestStore(): Promise<IngestStore> {
  const server = await startTestRedis();
  const redis = server.connect();
  const enforcement = new EnforcementStore(redis, prefix);
  const find = async (key: string) => await readDevice(redis, prefix, key);
  const state = async (key: string) => {
    const found = await find(key);
    if (found === null) throw new Error(`nothing is known about ${key}`);
    return found;
  };
  return {
    redis,
    enforcement,
    take: async (event, rest) => await ingest(redis, { event: eventOf(event), kept: {}, ...rest }, scope),
    state,
    find,
    settle: async (key) => {
      const { generation } = await state(key);
      if ((await enforcement.settle(key, generation)) !== generation) throw new Error('overtaken');
    },
    stop: () => server.stop(),
  };
}

function eventOf(given: Partial<ComplianceEvent>): ComplianceEvent {
  const blank = { udid: null, serialNumber: null, enrolment: null, email: null, name: null, ownership: null, organizationGroup: null, eventType: null };
  return { ...nameless, ...blank, time: null, says: {}, ...given };
}
