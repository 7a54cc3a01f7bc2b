import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from '@jest/globals';
import { versionOf } from '../../src/compliance/version.js';
import { eventsOf } from '../../src/store/events.js';
import { ingest, keepUnassigned } from '../../src/store/ingest.js';
import { readWebhook } from '../../src/uem/webhook.js';
import { uemBody } from '../sandbox/uem.js';
import {
  at,
  compliant,
  deleted,
  enrolled,
  keys,
  laptop,
  laptopKey,
  nonCompliant,
  phone,
  phoneKey,
  scope,
  startIngestStore,
  type IngestStore,
} from './ingest-store.js';

let store: IngestStore;

beforeAll(async () => {
  store = await startIngestStore();
});

beforeEach(async () => {
  await store.redis.flushall();
});

afterAll(async () => {
  await store.stop();
});

describe('of two statements', () => {
  it('the newer one counts, whichever comes first', async () => {
    await store.take({ ...laptop, says: nonCompliant, time: at(2) });
    expect(await store.take({ ...laptop, says: compliant, time: at(1) })).toMatchObject({ result: 'stale', generation: 1 });
    expect((await store.state(laptopKey)).facts).toMatchObject({ compliance: 'noncompliant', complianceSince: at(2) });
  });

  it('the newer one counts even if they are 100 ns apart', async () => {
    const [older, newer] = [`${at(1).slice(0, -1)}1`, `${at(1).slice(0, -1)}2`];
    await store.take({ ...laptop, says: compliant, time: newer });
    expect(await store.take({ ...laptop, says: nonCompliant, time: older })).toMatchObject({ result: 'stale' });
    expect((await store.state(laptopKey)).facts.compliance).toBe('compliant');
  });

  test.each([
    ['NonCompliant over Compliant', [nonCompliant, compliant], { compliance: 'noncompliant' }],
    ['compromised over healthy', [{ compromised: 'compromised' }, { compromised: 'healthy' }], { compromised: true }],
    ['compromised over an unseen literal', [{ compromised: 'compromised' }, { unrecognised: 'odd' }], { compromised: true, unrecognised: null }],
    ['an unseen literal over healthy', [{ unrecognised: 'odd' }, { compromised: 'healthy' }], { unrecognised: 'odd' }],
    ['a delete over an unenrolment', [deleted, { ended: 'unenrolled' }], { ended: 'deleted' }],
  ] as const)('of the same time the more containing one counts: %s', async (_rule, [strong, weak], facts) => {
    await store.take({ ...laptop, says: strong, time: at(1) });
    await store.take({ ...laptop, says: weak, time: at(1) });
    await store.take({ ...phone, says: weak, time: at(1) });
    await store.take({ ...phone, says: strong, time: at(1) });
    expect((await store.state(laptopKey)).facts).toMatchObject(facts);
    expect((await store.state(phoneKey)).facts).toMatchObject(facts);
  });

  it('the one from the future counts as said when it came, so that it does not shut out what follows', async () => {
    const ahead = versionOf(Date.now() + 86_400_000);
    await store.take({ ...laptop, says: nonCompliant, time: ahead });
    const { complianceSince } = (await store.state(laptopKey)).facts;
    expect(complianceSince && complianceSince <= versionOf(Date.now() + 1000)).toBe(true);
    await store.take({ ...laptop, says: compliant, time: null });
    expect((await store.state(laptopKey)).facts.compliance).toBe('compliant');
  });

  it('those without a time count in the order in which they come', async () => {
    for (const says of [nonCompliant, compliant, nonCompliant]) {
      expect(await store.take({ ...laptop, says })).toMatchObject({ result: 'queued' });
      await store.settle(laptopKey);
    }
    expect(await store.take({ ...laptop, says: nonCompliant })).toMatchObject({ result: 'duplicate', generation: 3 });
    expect((await store.state(laptopKey)).because).toMatchObject({ eventTime: null });
  });

  it('a compromise ends only by a newer healthy value, and not by Compliant', async () => {
    await store.take({ ...laptop, says: { compromised: 'compromised' }, time: at(1) });
    await store.take({ ...laptop, says: compliant, time: at(2) });
    expect((await store.state(laptopKey)).facts.compromised).toBe(true);
    expect(await store.take({ ...laptop, says: { compromised: 'healthy' }, time: at(3) }, { neutral: 'neutral_status' })).toMatchObject({ result: 'queued' });
    expect((await store.state(laptopKey)).facts.compromised).toBe(false);
  });

  it('an unseen compromise literal stands until a newer value that is understood', async () => {
    expect(await store.take({ ...laptop, says: { ...compliant, unrecognised: 'Jailbroken?' }, time: at(1) })).toMatchObject({ result: 'queued' });
    expect((await store.state(laptopKey)).facts.unrecognised).toBe('Jailbroken?');
    expect(await store.take({ ...laptop, says: { compromised: 'healthy' }, time: at(2) })).toMatchObject({ result: 'queued' });
    expect((await store.state(laptopKey)).facts.unrecognised).toBeNull();
  });
});

describe('an event', () => {
  it('with nothing new about a settled device is a duplicate: its version moves, nobody is signed out again', async () => {
    await store.take({ ...laptop, says: nonCompliant, time: at(1) });
    await store.settle(laptopKey);
    const repeated = { ...laptop, says: nonCompliant, time: at(10) };
    expect(await store.take(repeated)).toMatchObject({ result: 'duplicate', generation: 1, dirty: false });
    expect(await store.take(repeated)).toMatchObject({ result: 'duplicate', generation: 1, dirty: false });
    expect((await store.state(laptopKey)).facts.complianceSince).toBe(at(1));
    expect(await store.take({ ...laptop, says: compliant, time: at(5) })).toMatchObject({ result: 'stale', generation: 1 });
  });

  it('that comes twice while the device still waits is a duplicate, and the device is put into the queue once more', async () => {
    const one = { ...laptop, says: nonCompliant, time: at(1) };
    await store.take(one);
    expect(await store.take(one)).toMatchObject({ result: 'duplicate', generation: 1, dirty: true, contained: true });
  });

  it('with nothing new takes up a device on which we gave up, once', async () => {
    await store.take({ ...laptop, says: nonCompliant, time: at(1) });
    await store.enforcement.giveUp(laptopKey, { cause: 'rejected', at: 1, generation: 1, detail: 'suspendDevice 400' }, Date.now() + 3_600_000);
    expect(await store.take({ ...laptop, says: nonCompliant, time: at(1) })).toMatchObject({ result: 'duplicate', dirty: false });
    expect(await store.take({ ...laptop, says: nonCompliant, time: at(2) })).toMatchObject({ result: 'queued', generation: 2, dirty: true });
    expect(await store.redis.zcard(keys.failed)).toBe(0);
    expect((await store.state(laptopKey)).failure).toBeNull();
  });

  it('with nothing new takes up a device that is held', async () => {
    await store.take({ ...laptop, says: nonCompliant, time: at(1) });
    await store.enforcement.hold(laptopKey, 1, { word: 'held_ambiguous', since: 1, detail: 'two records' });
    expect(await store.take({ ...laptop, says: nonCompliant, time: at(1) })).toMatchObject({ result: 'duplicate', dirty: false });
    expect((await store.state(laptopKey)).held).not.toBeNull();
    expect(await store.take({ ...laptop, says: nonCompliant, time: at(2) })).toMatchObject({ result: 'queued', generation: 2, dirty: true });
    expect(await store.redis.zcard(keys.held)).toBe(0);
    expect((await store.state(laptopKey)).held).toBeNull();
  });

  test.each(['neutral_status', 'other_event'] as const)('that asks for nothing (%s) is kept and ignored, and moves no fact', async (neutral) => {
    await store.take({ ...laptop, says: nonCompliant, time: at(1) });
    await store.settle(laptopKey);
    const answer = await store.take({ ...laptop, time: at(2) }, { neutral, kept: { ComplianceStatus: 'PendingComplianceCheck' } });
    expect(answer).toMatchObject({ result: 'ignored', reason: neutral, generation: 1, dirty: false, key: laptopKey });
    expect((await store.state(laptopKey)).facts.compliance).toBe('noncompliant');
    expect(await eventsOf(store.redis, scope.prefix, laptopKey)).toMatchObject([{ id: answer.id, result: 'ignored', reason: neutral, body: { ComplianceStatus: 'PendingComplianceCheck' } }, {}]);
  });

  it('that asks for nothing makes a device known without asking for a run', async () => {
    expect(await store.take({ ...phone, email: 'a@example.com', says: { ...enrolled, compromised: 'healthy' }, time: at(1) }, { neutral: 'neutral_status' })).toMatchObject({ result: 'ignored', dirty: false });
    expect(await store.state(phoneKey)).toMatchObject({ generation: 0, email: 'a@example.com', facts: { compliance: null, ended: null, compromised: false } });
  });

  it('tells since when the device waits and why', async () => {
    const { id } = await store.take({ ...laptop, says: nonCompliant, time: at(1) });
    const { because } = await store.state(laptopKey);
    expect(because).toMatchObject({ eventId: id, eventTime: at(1), why: 'event' });
    expect(Number(await store.redis.zscore(keys.dirty, laptopKey))).toBe(because?.receivedAt);
  });

  it('of an unknown platform is kept for itself', async () => {
    const id = await keepUnassigned(store.redis, scope, { kept: { Platform: 'ChromeOS' }, reason: 'unknown_platform' });
    const [entry] = await store.redis.xrange(keys.events, id, id);
    expect(entry?.[1]).toEqual(expect.arrayContaining(['reason', 'unknown_platform', '{"Platform":"ChromeOS"}']));
  });
});

describe('what is kept of a body', () => {
  const personal = { PhoneNumber: '+10000000000', DeviceIMEI: '350000000000001', MACAddress: '0A1B2C3D4E5F' };

  it('holds no phone number, IMEI or MAC address, anywhere in Redis', async () => {
    const reading = readWebhook(uemBody({ platform: 'windows', complianceStatus: 'NonCompliant' }, personal));
    if (reading.kind !== 'event') throw new Error('unreadable');
    await ingest(store.redis, { ...reading, kept: reading.fields }, scope);
    const everything = JSON.stringify(await store.redis.xrange(keys.events, '-', '+')) + JSON.stringify(await store.redis.hgetall(keys.device(laptopKey)));
    expect(everything).toContain('NonCompliant');
    for (const value of Object.values(personal)) expect(everything).not.toContain(value);
  });

  it('may hold any characters, also halves of one', async () => {
    const reading = readWebhook(JSON.parse(String.raw`{"SerialNumber":"S1","Platform":"WinRT","ComplianceStatus":"NonCompliant","DeviceFriendlyName":"\ud83d | \u0000 \" 😀 é"}`));
    if (reading.kind !== 'event') throw new Error('unreadable');
    expect(await ingest(store.redis, { ...reading, kept: reading.fields }, scope)).toMatchObject({ result: 'queued', key: 'serial:s1' });
    expect((await store.state('serial:s1')).name).toBe('\uFFFD | \u0000 " 😀 é');
  });
});

describe('a Redis that takes no more writes', () => {
  it('refuses the event whole, and takes it once there is room again', async () => {
    await store.redis.config('SET', 'maxmemory', '1');
    await expect(store.take({ ...laptop, says: nonCompliant, time: at(2) })).rejects.toThrow('OOM');
    await store.redis.config('SET', 'maxmemory', '0');
    expect(await store.redis.dbsize()).toBe(0);
    expect(await store.take({ ...laptop, says: nonCompliant, time: at(2) })).toMatchObject({ result: 'queued', generation: 1, dirty: true });
  });
});
