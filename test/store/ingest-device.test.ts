import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventsOf } from '../../src/store/events.js';
import {
  at,
  compliant,
  deleted,
  enrolled,
  keys,
  laptop,
  laptopKey,
  nameless,
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

describe('a device', () => {
  it('is known by its UDID if mobile and by its serial number if desktop, whatever the spelling', async () => {
    expect(await store.take({ ...laptop, says: nonCompliant, time: at(1) })).toMatchObject({ key: laptopKey, result: 'queued', dirty: true });
    expect(await store.take({ ...laptop, serialNumber: ' 5cd-1234xyz', says: nonCompliant, time: at(2) })).toMatchObject({ key: laptopKey });
    expect(await store.take({ ...phone, udid: '00008020001a', says: nonCompliant, time: at(1) })).toMatchObject({ key: phoneKey });
  });

  it('is recognised by its DeviceId in an event without a platform and without identifiers', async () => {
    await store.take({ ...laptop, says: enrolled, time: at(1) });
    expect(await store.take({ enrolment: laptop.enrolment, says: deleted, time: at(2) })).toMatchObject({ key: laptopKey, result: 'queued' });
    expect((await store.state(laptopKey)).facts.ended).toBe('deleted');
  });

  it('is recognised by its DeviceId where a desktop sends no serial number', async () => {
    await store.take({ ...laptop, says: enrolled, time: at(1) });
    expect(await store.take({ ...laptop, serialNumber: null, says: nonCompliant, time: at(2) })).toMatchObject({ key: laptopKey });
  });

  it('is recognised by either identifier in an event without a platform whose DeviceId nobody knows', async () => {
    await store.take({ ...laptop, says: enrolled, time: at(1) });
    await store.take({ ...phone, says: enrolled, time: at(1) });
    expect(await store.take({ ...nameless, serialNumber: laptop.serialNumber, enrolment: '1', says: deleted, time: at(2) })).toMatchObject({ key: laptopKey });
    expect(await store.take({ ...nameless, udid: laptop.udid, enrolment: '2', says: deleted, time: at(2) })).toMatchObject({ key: laptopKey });
    expect(await store.take({ ...nameless, serialNumber: phone.serialNumber, enrolment: '3', says: deleted, time: at(2) })).toMatchObject({ key: phoneKey });
  });

  it('is planned again when somebody else has it, or it belongs elsewhere: the policy may judge it otherwise, though no fact has moved', async () => {
    const lent = { ...laptop, email: 'ceo@example.com', ownership: 'Employee', organizationGroup: 'Board', says: nonCompliant };
    await store.take({ ...lent, time: at(1) });
    await store.settle(laptopKey);
    expect(await store.take({ ...lent, email: 'CEO@example.com', name: 'Laptop', time: at(2) })).toMatchObject({ result: 'duplicate', dirty: false });
    for (const [i, change] of [{ email: 'jdoe@example.com' }, { ownership: 'CorporateDedicated' }, { organizationGroup: 'Corp' }].entries()) {
      expect(await store.take({ ...lent, ...change, time: at(3 + i) })).toMatchObject({ result: 'queued', dirty: true });
      expect(await store.state(laptopKey)).toMatchObject({ generation: 2 + i, recheck: 2 + i });
      await store.settle(laptopKey);
      Object.assign(lent, change);
    }
    expect(await store.take({ ...lent, email: 'ceo@example.com', time: at(2) })).toMatchObject({ result: 'stale' });
    expect(await store.take({ ...lent, email: null, ownership: null, time: at(9) })).toMatchObject({ result: 'duplicate', dirty: false });
  });

  it('is nobody where an event names none: the event is kept and ignored', async () => {
    const answer = await store.take({ enrolment: '404', says: deleted, time: at(1) }, { kept: { EventType: 'Delete Device Requested' } });
    expect(answer).toMatchObject({ result: 'ignored', reason: 'no_identifier', dirty: false });
    expect(answer).not.toHaveProperty('key');
    expect(await store.redis.xrange(keys.events, answer.id, answer.id)).toHaveLength(1);
  });

  it('known provisionally, for want of a platform, goes on with all its state once its platform is known', async () => {
    const provisional = await store.take({ ...laptop, ...nameless, says: { ended: 'unenrolled' }, time: at(1) });
    expect(provisional.key).toBe('udid:6d8875fb');
    await store.enforcement.saveLedgerEntry('udid:6d8875fb', 'guo1', { state: 'ours', at: 1, statusSeen: 'active', requestId: null });
    const kept = await store.take({ ...laptop, enrolment: '5712', says: { ...enrolled, ...nonCompliant }, time: at(2) });
    expect(kept).toMatchObject({ key: laptopKey, result: 'queued', generation: 2, dirty: true });
    expect(await store.find('udid:6d8875fb')).toBeNull();
    expect(Object.keys(await store.redis.hgetall(keys.ledger(laptopKey)))).toEqual(['guo1']);
    expect(await store.redis.zrange(keys.dirty, 0, '-1')).toEqual([laptopKey]);
    expect(await eventsOf(store.redis, scope.prefix, laptopKey)).toHaveLength(2);
    expect(await store.take({ enrolment: laptop.enrolment, says: deleted, time: at(3) })).toMatchObject({ key: laptopKey });
  });
});

describe('a device known under both identifiers, for want of a platform,', () => {
  const ledgerEntry = { state: 'ours', at: 1, statusSeen: 'active', requestId: null } as const;

  it('becomes one device once its platform is known: the newest facts and everything that we did to either', async () => {
    await store.take({ ...nameless, serialNumber: phone.serialNumber, enrolment: '1', says: { ...enrolled, ...compliant }, time: at(3) });
    await store.take({ ...nameless, udid: phone.udid, says: { ...nonCompliant, compromised: 'compromised' }, time: at(2) });
    await store.enforcement.saveLedgerEntry('serial:f2lx', 'guo1', ledgerEntry);
    await store.enforcement.saveLedgerEntry(phoneKey, 'guo2', ledgerEntry);
    await store.settle(phoneKey);
    expect(await store.take({ ...phone, enrolment: null, says: {}, time: at(4) }, { neutral: 'other_event' })).toMatchObject({ key: phoneKey, result: 'queued', dirty: true });
    const { facts, ledger } = await store.state(phoneKey);
    expect(facts).toMatchObject({ compliance: 'compliant', compromised: true, ended: null });
    expect(Object.keys(ledger).toSorted()).toEqual(['guo1', 'guo2']);
    expect(await store.find('serial:f2lx')).toBeNull();
    expect(await store.redis.zrange(keys.locked, 0, '-1')).toEqual([phoneKey]);
    expect(await store.take({ enrolment: '1', says: deleted, time: at(5) })).toMatchObject({ key: phoneKey });
  });
});

describe('the end of an enrolment', () => {
  const oldRecord = { ...laptop, ...nameless, enrolment: '5711' };
  const reEnrolled = { ...laptop, enrolment: '5999', says: { ...enrolled, ...compliant } };

  it('locks the device, and a newer enrolment frees it', async () => {
    await store.take({ ...laptop, says: { ...enrolled, ...compliant }, time: at(1) });
    expect(await store.take({ ...oldRecord, says: deleted, time: at(2) })).toMatchObject({ result: 'queued', contained: true });
    expect(await store.take({ ...reEnrolled, time: at(3) })).toMatchObject({ result: 'queued', contained: false });
    expect((await store.state(laptopKey)).facts).toMatchObject({ ended: null, compliance: 'compliant' });
  });

  it('does not count when it is the old one: the device has enrolled again since', async () => {
    await store.take({ ...laptop, says: enrolled, time: at(1) });
    await store.take({ ...reEnrolled, time: at(2) });
    await store.settle(laptopKey);
    expect(await store.take({ ...oldRecord, says: deleted, time: at(5) })).toMatchObject({ result: 'ignored', reason: 'superseded_enrolment', dirty: false });
    expect((await store.state(laptopKey)).facts.ended).toBeNull();
  });

  it('does not count either when it arrives before the enrolment that supersedes it', async () => {
    await store.take({ ...laptop, says: enrolled, time: at(1) });
    expect(await store.take({ ...oldRecord, says: deleted, time: at(5) })).toMatchObject({ result: 'queued' });
    expect((await store.state(laptopKey)).facts.ended).toBe('deleted');
    expect(await store.take({ ...reEnrolled, email: 'new@example.com', time: at(2) })).toMatchObject({ result: 'queued' });
    expect(await store.state(laptopKey)).toMatchObject({ facts: { ended: null }, enrolment: '5999', email: 'new@example.com' });
  });

  it('of a record that nobody has heard of does not touch the device that lives now, though it carries one identifier only', async () => {
    await store.take({ ...reEnrolled, time: at(1) });
    for (const identifier of [{ udid: laptop.udid }, { serialNumber: laptop.serialNumber }]) {
      const answer = await store.take({ ...nameless, ...identifier, enrolment: '17', says: deleted, time: at(5) });
      expect(answer).toMatchObject({ key: laptopKey, result: 'ignored', reason: 'superseded_enrolment' });
    }
    expect((await store.state(laptopKey)).facts.ended).toBeNull();
  });

  it('wins over an enrolment of the same time', async () => {
    await store.take({ ...laptop, says: deleted, time: at(1) });
    expect(await store.take({ ...laptop, says: enrolled, time: at(1) })).not.toMatchObject({ result: 'queued', contained: false });
    expect((await store.state(laptopKey)).facts.ended).toBe('deleted');
  });

  it('counts for a device that enrolled without telling its DeviceId', async () => {
    await store.take({ ...laptop, enrolment: null, says: enrolled, time: at(1) });
    expect(await store.take({ ...laptop, says: deleted, time: at(2) })).toMatchObject({ result: 'queued' });
    expect((await store.state(laptopKey)).facts.ended).toBe('deleted');
    await store.take({ ...laptop, enrolment: null, says: enrolled, time: at(3) });
    expect((await store.state(laptopKey)).facts.ended).toBeNull();
  });

  it('is planned anew when it becomes another end, as one of them may be without consequences', async () => {
    await store.take({ ...laptop, says: { ended: 'unenrolled' }, time: at(1) });
    const { facts: { endedSince } } = await store.state(laptopKey);
    await store.settle(laptopKey);
    expect(await store.take({ ...laptop, says: deleted, time: at(2) })).toMatchObject({ result: 'queued', generation: 2 });
    expect((await store.state(laptopKey)).facts).toMatchObject({ ended: 'deleted', endedSince });
  });

  it('says nothing good about the device: its Compliant is not taken for a fact', async () => {
    await store.take({ ...laptop, says: nonCompliant, time: at(1) });
    await store.take({ ...laptop, says: { ...deleted, ...compliant, compromised: 'healthy' }, time: at(2) });
    expect((await store.state(laptopKey)).facts).toMatchObject({ compliance: 'noncompliant', ended: 'deleted' });
  });
});

describe('what is known about a device', () => {
  it('is not erased by a blank e-mail address of the same enrolment', async () => {
    await store.take({ ...phone, email: 'a@example.com', name: 'A', says: compliant, time: at(1) });
    await store.take({ ...phone, email: null, name: 'A renamed', says: { ended: 'unenrolled' }, time: at(2) });
    expect(await store.state(phoneKey)).toMatchObject({ email: 'a@example.com', name: 'A renamed' });
  });

  it('starts afresh with a new enrolment', async () => {
    await store.take({ ...phone, email: 'a@example.com', name: 'A', says: { ...compliant, ...enrolled }, time: at(1) });
    await store.take({ ...phone, enrolment: '9000', email: null, name: 'B', says: { ...compliant, ...enrolled }, time: at(2) });
    expect(await store.state(phoneKey)).toMatchObject({ email: null, name: 'B', enrolment: '9000', udid: phone.udid, serialNumber: phone.serialNumber });
  });

  it('is not described by an older event, nor by the end of an older enrolment', async () => {
    await store.take({ ...phone, enrolment: '9000', email: 'b@example.com', says: { ...compliant, ...enrolled }, time: at(5) });
    await store.take({ ...phone, enrolment: '9000', email: 'old@example.com', says: compliant, time: at(4) });
    await store.take({ ...phone, email: 'a@example.com', says: deleted, time: at(6) });
    expect(await store.state(phoneKey)).toMatchObject({ email: 'b@example.com', enrolment: '9000' });
  });

  it('is completed by an older event of the same enrolment that arrives late', async () => {
    await store.take({ ...phone, email: null, says: { ended: 'unenrolled' }, time: at(5) });
    await store.take({ ...phone, email: 'a@example.com', says: { ...enrolled, ...compliant }, time: at(1) });
    expect((await store.state(phoneKey)).email).toBe('a@example.com');
  });

  it('survives the first event that tells its DeviceId', async () => {
    await store.take({ ...phone, enrolment: null, email: 'a@example.com', says: compliant, time: at(1) });
    await store.take({ ...phone, email: null, says: { ended: 'unenrolled' }, time: at(2) });
    expect((await store.state(phoneKey)).email).toBe('a@example.com');
  });
});

