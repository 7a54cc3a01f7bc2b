import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { ComplianceEvent } from '../../src/compliance/event.js';
import { versionOf } from '../../src/compliance/version.js';
import { readDevice, type DeviceState } from '../../src/store/device.js';
import { EnforcementStore } from '../../src/store/enforcement.js';
import { eventsOf } from '../../src/store/events.js';
import { ingest, keepUnassigned, type Incoming, type Ingested } from '../../src/store/ingest.js';
import { redisKeys } from '../../src/store/keys.js';
import { readWebhook } from '../../src/uem/webhook.js';
import { startTestRedis, type TestRedis } from '../redis.js';
import { uemBody } from '../sandbox/uem.js';

const prefix = '{relay}';
const keys = redisKeys(prefix);
const scope = { prefix, historyMs: 86_400_000 } as const;
const start = Date.now() - 3_600_000;
/** A time in the past, `seconds` after the beginning of the story. */
const at = (seconds: number) => versionOf(start + seconds * 1000);

let server: TestRedis;
let redis: Redis;
let enforcement: EnforcementStore;

beforeAll(async () => {
  server = await startTestRedis();
  redis = server.connect();
  enforcement = new EnforcementStore(redis, prefix);
});

beforeEach(async () => {
  await redis.flushall();
});

afterAll(async () => {
  await server.stop();
});

const laptop = { deviceClass: 'desktop', udid: '6D8875FB', serialNumber: '5CD1234XYZ', platform: 'WinRT', enrolment: '5711' } as const;
const phone = { deviceClass: 'mobile', udid: '00008020-001A', serialNumber: 'F2LX', platform: 'Apple', enrolment: '8123' } as const;
/** Of a delete or an unenrolment the platform is missing. */
const nameless = { deviceClass: null, platform: null } as const;
const laptopKey = 'serial:5cd1234xyz';
const phoneKey = 'udid:00008020001a';

function event(given: Partial<ComplianceEvent>): ComplianceEvent {
  const blank = { udid: null, serialNumber: null, enrolment: null, email: null, name: null, ownership: null, organizationGroup: null, eventType: null };
  return { ...nameless, ...blank, time: null, says: {}, ...given };
}

async function take(given: Partial<ComplianceEvent>, rest: Partial<Incoming> = {}): Promise<Ingested> {
  return await ingest(redis, { event: event(given), kept: {}, ...rest }, scope);
}

async function state(key: string): Promise<DeviceState> {
  const found = await readDevice(redis, prefix, key);
  if (found === null) throw new Error(`nothing is known about ${key}`);
  return found;
}

/** As the worker does after a run in which all went well. */
async function settle(key: string): Promise<void> {
  const { generation } = await state(key);
  expect(await enforcement.settle(key, generation)).toBe(generation);
}

const nonCompliant = { compliance: 'noncompliant' } as const;
const compliant = { compliance: 'compliant' } as const;
const enrolled = { enrolled: true } as const;
const deleted = { ended: 'deleted' } as const;

describe('a device', () => {
  it('is known by its UDID if mobile and by its serial number if desktop, whatever the spelling', async () => {
    expect(await take({ ...laptop, says: nonCompliant, time: at(1) })).toMatchObject({ key: laptopKey, result: 'queued', dirty: true });
    expect(await take({ ...laptop, serialNumber: ' 5cd-1234xyz', says: nonCompliant, time: at(2) })).toMatchObject({ key: laptopKey });
    expect(await take({ ...phone, udid: '00008020001a', says: nonCompliant, time: at(1) })).toMatchObject({ key: phoneKey });
  });

  it('is recognised by its DeviceId in an event without a platform and without identifiers', async () => {
    await take({ ...laptop, says: enrolled, time: at(1) });
    expect(await take({ enrolment: laptop.enrolment, says: deleted, time: at(2) })).toMatchObject({ key: laptopKey, result: 'queued' });
    expect((await state(laptopKey)).facts.ended).toBe('deleted');
  });

  it('is recognised by its DeviceId where a desktop sends no serial number', async () => {
    await take({ ...laptop, says: enrolled, time: at(1) });
    expect(await take({ ...laptop, serialNumber: null, says: nonCompliant, time: at(2) })).toMatchObject({ key: laptopKey });
  });

  it('is recognised by either identifier in an event without a platform whose DeviceId nobody knows', async () => {
    await take({ ...laptop, says: enrolled, time: at(1) });
    await take({ ...phone, says: enrolled, time: at(1) });
    expect(await take({ ...nameless, serialNumber: laptop.serialNumber, enrolment: '1', says: deleted, time: at(2) })).toMatchObject({ key: laptopKey });
    expect(await take({ ...nameless, udid: laptop.udid, enrolment: '2', says: deleted, time: at(2) })).toMatchObject({ key: laptopKey });
    expect(await take({ ...nameless, serialNumber: phone.serialNumber, enrolment: '3', says: deleted, time: at(2) })).toMatchObject({ key: phoneKey });
  });

  it('is nobody where an event names none: the event is kept and ignored', async () => {
    const answer = await take({ enrolment: '404', says: deleted, time: at(1) }, { kept: { EventType: 'Delete Device Requested' } });
    expect(answer).toMatchObject({ result: 'ignored', reason: 'no_identifier', dirty: false });
    expect(answer).not.toHaveProperty('key');
    expect(await redis.xrange(keys.events, answer.id, answer.id)).toHaveLength(1);
  });

  it('known provisionally, for want of a platform, goes on with all its state once its platform is known', async () => {
    const provisional = await take({ ...laptop, ...nameless, says: { ended: 'unenrolled' }, time: at(1) });
    expect(provisional.key).toBe('udid:6d8875fb');
    await enforcement.saveLedgerEntry('udid:6d8875fb', 'guo1', { state: 'ours', at: 1, statusSeen: 'active', requestId: null });
    const kept = await take({ ...laptop, enrolment: '5712', says: { ...enrolled, ...nonCompliant }, time: at(2) });
    expect(kept).toMatchObject({ key: laptopKey, result: 'queued', generation: 2, dirty: true });
    expect(await readDevice(redis, prefix, 'udid:6d8875fb')).toBeNull();
    expect(Object.keys(await redis.hgetall(keys.ledger(laptopKey)))).toEqual(['guo1']);
    expect(await redis.zrange(keys.dirty, 0, -1)).toEqual([laptopKey]);
    expect(await eventsOf(redis, prefix, laptopKey)).toHaveLength(2);
    expect(await take({ enrolment: laptop.enrolment, says: deleted, time: at(3) })).toMatchObject({ key: laptopKey });
  });
});

describe('a device known under both identifiers, for want of a platform,', () => {
  const ledgerEntry = { state: 'ours', at: 1, statusSeen: 'active', requestId: null } as const;

  it('becomes one device once its platform is known: the newest facts and everything that we did to either', async () => {
    await take({ ...nameless, serialNumber: phone.serialNumber, enrolment: '1', says: { ...enrolled, ...compliant }, time: at(3) });
    await take({ ...nameless, udid: phone.udid, says: { ...nonCompliant, compromised: 'compromised' }, time: at(2) });
    await enforcement.saveLedgerEntry('serial:f2lx', 'guo1', ledgerEntry);
    await enforcement.saveLedgerEntry(phoneKey, 'guo2', ledgerEntry);
    await settle(phoneKey);
    expect(await take({ ...phone, enrolment: null, says: {}, time: at(4) }, { neutral: 'other_event' })).toMatchObject({ key: phoneKey, result: 'queued', dirty: true });
    const { facts, ledger } = await state(phoneKey);
    expect(facts).toMatchObject({ compliance: 'compliant', compromised: true, ended: null });
    expect(Object.keys(ledger).toSorted()).toEqual(['guo1', 'guo2']);
    expect(await readDevice(redis, prefix, 'serial:f2lx')).toBeNull();
    expect(await redis.zrange(keys.locked, 0, -1)).toEqual([phoneKey]);
    expect(await take({ enrolment: '1', says: deleted, time: at(5) })).toMatchObject({ key: phoneKey });
  });
});

describe('the end of an enrolment', () => {
  const oldRecord = { ...laptop, ...nameless, enrolment: '5711' };
  const reEnrolled = { ...laptop, enrolment: '5999', says: { ...enrolled, ...compliant } };

  it('locks the device, and a newer enrolment frees it', async () => {
    await take({ ...laptop, says: { ...enrolled, ...compliant }, time: at(1) });
    expect(await take({ ...oldRecord, says: deleted, time: at(2) })).toMatchObject({ result: 'queued', contained: true });
    expect(await take({ ...reEnrolled, time: at(3) })).toMatchObject({ result: 'queued', contained: false });
    expect((await state(laptopKey)).facts).toMatchObject({ ended: null, compliance: 'compliant' });
  });

  it('does not count when it is the old one: the device has enrolled again since', async () => {
    await take({ ...laptop, says: enrolled, time: at(1) });
    await take({ ...reEnrolled, time: at(2) });
    await settle(laptopKey);
    expect(await take({ ...oldRecord, says: deleted, time: at(5) })).toMatchObject({ result: 'ignored', reason: 'superseded_enrolment', dirty: false });
    expect((await state(laptopKey)).facts.ended).toBeNull();
  });

  it('does not count either when it arrives before the enrolment that supersedes it', async () => {
    await take({ ...laptop, says: enrolled, time: at(1) });
    expect(await take({ ...oldRecord, says: deleted, time: at(5) })).toMatchObject({ result: 'queued' });
    expect((await state(laptopKey)).facts.ended).toBe('deleted');
    expect(await take({ ...reEnrolled, email: 'new@example.com', time: at(2) })).toMatchObject({ result: 'queued' });
    expect(await state(laptopKey)).toMatchObject({ facts: { ended: null }, enrolment: '5999', email: 'new@example.com' });
  });

  it('of a record that nobody has heard of does not touch the device that lives now, though it carries one identifier only', async () => {
    await take({ ...reEnrolled, time: at(1) });
    for (const identifier of [{ udid: laptop.udid }, { serialNumber: laptop.serialNumber }]) {
      const answer = await take({ ...nameless, ...identifier, enrolment: '17', says: deleted, time: at(5) });
      expect(answer).toMatchObject({ key: laptopKey, result: 'ignored', reason: 'superseded_enrolment' });
    }
    expect((await state(laptopKey)).facts.ended).toBeNull();
  });

  it('wins over an enrolment of the same time', async () => {
    await take({ ...laptop, says: deleted, time: at(1) });
    expect(await take({ ...laptop, says: enrolled, time: at(1) })).not.toMatchObject({ result: 'queued', contained: false });
    expect((await state(laptopKey)).facts.ended).toBe('deleted');
  });

  it('counts for a device that enrolled without telling its DeviceId', async () => {
    await take({ ...laptop, enrolment: null, says: enrolled, time: at(1) });
    expect(await take({ ...laptop, says: deleted, time: at(2) })).toMatchObject({ result: 'queued' });
    expect((await state(laptopKey)).facts.ended).toBe('deleted');
    await take({ ...laptop, enrolment: null, says: enrolled, time: at(3) });
    expect((await state(laptopKey)).facts.ended).toBeNull();
  });

  it('is planned anew when it becomes another end, as one of them may be without consequences', async () => {
    await take({ ...laptop, says: { ended: 'unenrolled' }, time: at(1) });
    const { facts: { endedSince } } = await state(laptopKey);
    await settle(laptopKey);
    expect(await take({ ...laptop, says: deleted, time: at(2) })).toMatchObject({ result: 'queued', generation: 2 });
    expect((await state(laptopKey)).facts).toMatchObject({ ended: 'deleted', endedSince });
  });

  it('says nothing good about the device: its Compliant is not taken for a fact', async () => {
    await take({ ...laptop, says: nonCompliant, time: at(1) });
    await take({ ...laptop, says: { ...deleted, ...compliant, compromised: 'healthy' }, time: at(2) });
    expect((await state(laptopKey)).facts).toMatchObject({ compliance: 'noncompliant', ended: 'deleted' });
  });
});

describe('of two statements', () => {
  it('the newer one counts, whichever comes first', async () => {
    await take({ ...laptop, says: nonCompliant, time: at(2) });
    expect(await take({ ...laptop, says: compliant, time: at(1) })).toMatchObject({ result: 'stale', generation: 1 });
    expect((await state(laptopKey)).facts).toMatchObject({ compliance: 'noncompliant', complianceSince: at(2) });
  });

  it('the newer one counts even if they are 100 ns apart', async () => {
    const [older, newer] = [`${at(1).slice(0, -1)}1`, `${at(1).slice(0, -1)}2`];
    await take({ ...laptop, says: compliant, time: newer });
    expect(await take({ ...laptop, says: nonCompliant, time: older })).toMatchObject({ result: 'stale' });
    expect((await state(laptopKey)).facts.compliance).toBe('compliant');
  });

  test.each([
    ['NonCompliant over Compliant', nonCompliant, compliant, { compliance: 'noncompliant' }],
    ['compromised over healthy', { compromised: 'compromised' }, { compromised: 'healthy' }, { compromised: true }],
    ['compromised over an unseen literal', { compromised: 'compromised' }, { unrecognised: 'odd' }, { compromised: true, unrecognised: null }],
    ['an unseen literal over healthy', { unrecognised: 'odd' }, { compromised: 'healthy' }, { unrecognised: 'odd' }],
    ['a delete over an unenrolment', deleted, { ended: 'unenrolled' }, { ended: 'deleted' }],
  ] as const)('of the same time the more containing one counts: %s', async (_rule, strong, weak, facts) => {
    await take({ ...laptop, says: strong, time: at(1) });
    await take({ ...laptop, says: weak, time: at(1) });
    await take({ ...phone, says: weak, time: at(1) });
    await take({ ...phone, says: strong, time: at(1) });
    expect((await state(laptopKey)).facts).toMatchObject(facts);
    expect((await state(phoneKey)).facts).toMatchObject(facts);
  });

  it('the one from the future counts as said when it came, so that it does not shut out what follows', async () => {
    const ahead = versionOf(Date.now() + 86_400_000);
    await take({ ...laptop, says: nonCompliant, time: ahead });
    const { complianceSince } = (await state(laptopKey)).facts;
    expect(complianceSince && complianceSince <= versionOf(Date.now() + 1000)).toBe(true);
    await take({ ...laptop, says: compliant, time: null });
    expect((await state(laptopKey)).facts.compliance).toBe('compliant');
  });

  it('those without a time count in the order in which they come', async () => {
    for (const says of [nonCompliant, compliant, nonCompliant]) {
      expect(await take({ ...laptop, says })).toMatchObject({ result: 'queued' });
      await settle(laptopKey);
    }
    expect(await take({ ...laptop, says: nonCompliant })).toMatchObject({ result: 'duplicate', generation: 3 });
    expect((await state(laptopKey)).because).toMatchObject({ eventTime: null });
  });

  it('a compromise ends only by a newer healthy value, and not by Compliant', async () => {
    await take({ ...laptop, says: { compromised: 'compromised' }, time: at(1) });
    await take({ ...laptop, says: compliant, time: at(2) });
    expect((await state(laptopKey)).facts.compromised).toBe(true);
    expect(await take({ ...laptop, says: { compromised: 'healthy' }, time: at(3) }, { neutral: 'neutral_status' })).toMatchObject({ result: 'queued' });
    expect((await state(laptopKey)).facts.compromised).toBe(false);
  });

  it('an unseen compromise literal stands until a newer value that is understood', async () => {
    expect(await take({ ...laptop, says: { ...compliant, unrecognised: 'Jailbroken?' }, time: at(1) })).toMatchObject({ result: 'queued' });
    expect((await state(laptopKey)).facts.unrecognised).toBe('Jailbroken?');
    expect(await take({ ...laptop, says: { compromised: 'healthy' }, time: at(2) })).toMatchObject({ result: 'queued' });
    expect((await state(laptopKey)).facts.unrecognised).toBeNull();
  });
});

describe('an event', () => {
  it('with nothing new about a settled device is a duplicate: its version moves, nobody is signed out again', async () => {
    await take({ ...laptop, says: nonCompliant, time: at(1) });
    await settle(laptopKey);
    const repeated = { ...laptop, says: nonCompliant, time: at(10) };
    expect(await take(repeated)).toMatchObject({ result: 'duplicate', generation: 1, dirty: false });
    expect(await take(repeated)).toMatchObject({ result: 'duplicate', generation: 1, dirty: false });
    expect((await state(laptopKey)).facts.complianceSince).toBe(at(1));
    expect(await take({ ...laptop, says: compliant, time: at(5) })).toMatchObject({ result: 'stale', generation: 1 });
  });

  it('that comes twice while the device still waits is a duplicate, and the device is put into the queue once more', async () => {
    const one = { ...laptop, says: nonCompliant, time: at(1) };
    await take(one);
    expect(await take(one)).toMatchObject({ result: 'duplicate', generation: 1, dirty: true, contained: true });
  });

  it('with nothing new takes up a device on which we gave up, once', async () => {
    await take({ ...laptop, says: nonCompliant, time: at(1) });
    await enforcement.giveUp(laptopKey, { cause: 'rejected', at: 1, generation: 1, detail: 'suspendDevice 400' }, Date.now() + 3_600_000);
    expect(await take({ ...laptop, says: nonCompliant, time: at(1) })).toMatchObject({ result: 'duplicate', dirty: false });
    expect(await take({ ...laptop, says: nonCompliant, time: at(2) })).toMatchObject({ result: 'queued', generation: 2, dirty: true });
    expect(await redis.zcard(keys.failed)).toBe(0);
    expect((await state(laptopKey)).failure).toBeNull();
  });

  it('with nothing new takes up a device that is held', async () => {
    await take({ ...laptop, says: nonCompliant, time: at(1) });
    await enforcement.hold(laptopKey, 1, { word: 'held_ambiguous', since: 1, detail: 'two records' });
    expect(await take({ ...laptop, says: nonCompliant, time: at(1) })).toMatchObject({ result: 'duplicate', dirty: false });
    expect((await state(laptopKey)).held).not.toBeNull();
    expect(await take({ ...laptop, says: nonCompliant, time: at(2) })).toMatchObject({ result: 'queued', generation: 2, dirty: true });
    expect(await redis.zcard(keys.held)).toBe(0);
    expect((await state(laptopKey)).held).toBeNull();
  });

  test.each(['neutral_status', 'other_event'] as const)('that asks for nothing (%s) is kept and ignored, and moves no fact', async (neutral) => {
    await take({ ...laptop, says: nonCompliant, time: at(1) });
    await settle(laptopKey);
    const answer = await take({ ...laptop, time: at(2) }, { neutral, kept: { ComplianceStatus: 'PendingComplianceCheck' } });
    expect(answer).toMatchObject({ result: 'ignored', reason: neutral, generation: 1, dirty: false, key: laptopKey });
    expect((await state(laptopKey)).facts.compliance).toBe('noncompliant');
    expect(await eventsOf(redis, prefix, laptopKey)).toMatchObject([{ id: answer.id, result: 'ignored', reason: neutral, body: { ComplianceStatus: 'PendingComplianceCheck' } }, {}]);
  });

  it('that asks for nothing makes a device known without asking for a run', async () => {
    expect(await take({ ...phone, email: 'a@example.com', says: { ...enrolled, compromised: 'healthy' }, time: at(1) }, { neutral: 'neutral_status' })).toMatchObject({ result: 'ignored', dirty: false });
    expect(await state(phoneKey)).toMatchObject({ generation: 0, email: 'a@example.com', facts: { compliance: null, ended: null, compromised: false } });
  });

  it('tells since when the device waits and why', async () => {
    const { id } = await take({ ...laptop, says: nonCompliant, time: at(1) });
    const { because } = await state(laptopKey);
    expect(because).toMatchObject({ eventId: id, eventTime: at(1), why: 'event' });
    expect(Number(await redis.zscore(keys.dirty, laptopKey))).toBe(because?.receivedAt);
  });

  it('of an unknown platform is kept for itself', async () => {
    const id = await keepUnassigned(redis, scope, { kept: { Platform: 'ChromeOS' }, reason: 'unknown_platform' });
    const [entry] = await redis.xrange(keys.events, id, id);
    expect(entry?.[1]).toEqual(expect.arrayContaining(['reason', 'unknown_platform', '{"Platform":"ChromeOS"}']));
  });
});

describe('what is known about a device', () => {
  it('is not erased by a blank e-mail address of the same enrolment', async () => {
    await take({ ...phone, email: 'a@example.com', name: 'A', says: compliant, time: at(1) });
    await take({ ...phone, email: null, name: 'A renamed', says: { ended: 'unenrolled' }, time: at(2) });
    expect(await state(phoneKey)).toMatchObject({ email: 'a@example.com', name: 'A renamed' });
  });

  it('starts afresh with a new enrolment', async () => {
    await take({ ...phone, email: 'a@example.com', name: 'A', says: { ...compliant, ...enrolled }, time: at(1) });
    await take({ ...phone, enrolment: '9000', email: null, name: 'B', says: { ...compliant, ...enrolled }, time: at(2) });
    expect(await state(phoneKey)).toMatchObject({ email: null, name: 'B', enrolment: '9000', udid: phone.udid, serialNumber: phone.serialNumber });
  });

  it('is not described by an older event, nor by the end of an older enrolment', async () => {
    await take({ ...phone, enrolment: '9000', email: 'b@example.com', says: { ...compliant, ...enrolled }, time: at(5) });
    await take({ ...phone, enrolment: '9000', email: 'old@example.com', says: compliant, time: at(4) });
    await take({ ...phone, email: 'a@example.com', says: deleted, time: at(6) });
    expect(await state(phoneKey)).toMatchObject({ email: 'b@example.com', enrolment: '9000' });
  });

  it('is completed by an older event of the same enrolment that arrives late', async () => {
    await take({ ...phone, email: null, says: { ended: 'unenrolled' }, time: at(5) });
    await take({ ...phone, email: 'a@example.com', says: { ...enrolled, ...compliant }, time: at(1) });
    expect((await state(phoneKey)).email).toBe('a@example.com');
  });

  it('survives the first event that tells its DeviceId', async () => {
    await take({ ...phone, enrolment: null, email: 'a@example.com', says: compliant, time: at(1) });
    await take({ ...phone, email: null, says: { ended: 'unenrolled' }, time: at(2) });
    expect((await state(phoneKey)).email).toBe('a@example.com');
  });
});

describe('what is kept of a body', () => {
  const personal = { PhoneNumber: '+10000000000', DeviceIMEI: '350000000000001', MACAddress: '0A1B2C3D4E5F' };

  it('holds no phone number, IMEI or MAC address, anywhere in Redis', async () => {
    const reading = readWebhook(uemBody({ platform: 'windows', complianceStatus: 'NonCompliant' }, personal));
    if (reading.kind !== 'event') throw new Error('unreadable');
    await ingest(redis, { ...reading, kept: reading.fields }, scope);
    const everything = JSON.stringify(await redis.xrange(keys.events, '-', '+')) + JSON.stringify(await redis.hgetall(keys.device(laptopKey)));
    expect(everything).toContain('NonCompliant');
    for (const value of Object.values(personal)) expect(everything).not.toContain(value);
  });

  it('may hold any characters, also halves of one', async () => {
    const reading = readWebhook(JSON.parse(String.raw`{"SerialNumber":"S1","Platform":"WinRT","ComplianceStatus":"NonCompliant","DeviceFriendlyName":"\ud83d | \u0000 \" 😀 é"}`));
    if (reading.kind !== 'event') throw new Error('unreadable');
    expect(await ingest(redis, { ...reading, kept: reading.fields }, scope)).toMatchObject({ result: 'queued', key: 'serial:s1' });
    expect((await state('serial:s1')).name).toBe('\uFFFD | \u0000 " 😀 é');
  });
});

describe('a Redis that takes no more writes', () => {
  it('refuses the event whole, and takes it once there is room again', async () => {
    await redis.config('SET', 'maxmemory', '1');
    await expect(take({ ...laptop, says: nonCompliant, time: at(2) })).rejects.toThrow('OOM');
    await redis.config('SET', 'maxmemory', '0');
    expect(await redis.dbsize()).toBe(0);
    expect(await take({ ...laptop, says: nonCompliant, time: at(2) })).toMatchObject({ result: 'queued', generation: 1, dirty: true });
  });
});
