import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Safeguard, safeguardState } from '../../src/store/safeguard.js';
import { at, compliant, deleted, enrolled, keys, laptop, nameless, nonCompliant, phone, scope, startIngestStore, type IngestStore } from './ingest-store.js';

let store: IngestStore;

beforeAll(async () => {
  store = await startIngestStore();
});

afterEach(() => store.redis.flushall());
afterAll(() => store.stop());

const fleet = async () => Number(await store.redis.get(keys.deviceCount));
const { platform: _platform, ...bare } = laptop;

describe('the known fleet', () => {
  test('counts each device once, whatever is said of it and however often it was enrolled', async () => {
    await store.take({ ...laptop, says: compliant, time: at(1) });
    await store.take({ ...laptop, says: nonCompliant, time: at(2) });
    await store.take({ ...laptop, enrolment: '5712', says: enrolled, time: at(3) });
    await store.take({ ...phone, says: compliant });
    expect(await fleet()).toBe(2);
  });

  test('counts devices whose DeviceId UEM does not send', async () => {
    await store.take({ ...laptop, enrolment: null, says: compliant });
    expect(await fleet()).toBe(1);
  });

  test('counts a device no longer once its enrolment has ended, and again when it is enrolled again', async () => {
    await store.take({ ...laptop, says: enrolled, time: at(1) });
    await store.take({ ...nameless, enrolment: laptop.enrolment, says: deleted, time: at(2) });
    await store.take({ ...nameless, enrolment: laptop.enrolment, says: deleted, time: at(3) });
    expect(await fleet()).toBe(0);
    await store.take({ ...laptop, enrolment: '5712', says: enrolled, time: at(4) });
    expect(await fleet()).toBe(1);
  });

  test('counts a device once that was known by its other identifier first, also where it was known by both', async () => {
    await store.take({ ...bare, ...nameless, serialNumber: null, enrolment: null, says: compliant, time: at(1) });
    expect(await fleet()).toBe(1);
    await store.take({ ...laptop, udid: null, says: compliant, time: at(2) });
    expect(await fleet()).toBe(2);
    await store.take({ ...laptop, says: compliant, time: at(3) });
    expect(await fleet()).toBe(1);
  });

  test('is what the safeguard takes its share of, not every enrolment that there ever was', async () => {
    const kept = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`old-${i}`, 'serial:1']));
    for (let i = 0; i < 110; i++) await store.take({ ...laptop, udid: null, serialNumber: `pc-${i}`, enrolment: `${i}`, says: compliant });
    await store.redis.hset(keys.enrolments, kept);
    const safeguard = new Safeguard(store.redis, scope.prefix, { maxDevices: 100, maxPercent: 2, maxCompromised: 10, windowMs: 60_000 });
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await safeguard.admit('ordinary', `serial:pc${i}`, Date.now()));
    expect(answers).toEqual(['admitted', 'admitted', 'tripped', 'held']);
    expect(await safeguardState(store.redis, scope.prefix, 'ordinary')).toMatchObject({ devices: 3, limit: 2, fleet: 110 });
  });
});
