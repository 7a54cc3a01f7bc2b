import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { at, compliant, laptop, laptopKey, nonCompliant, startIngestStore, type IngestStore } from './ingest-store.js';

let store: IngestStore;

beforeAll(async () => {
  store = await startIngestStore();
});

afterEach(() => store.redis.flushall());
afterAll(() => store.stop());

const now = Date.now();
const why = async () => (await store.state(laptopKey)).because?.why;
const bySweep = (time: string) => store.take({ ...laptop, time, says: compliant }, { why: 'sweep' });

describe('whoever asked for the newest plan of a device decides its place in the line', () => {
  test('a sweep, where nobody did', async () => {
    await bySweep(at(1));
    expect(await why()).toBe('sweep');
    await store.settle(laptopKey);
    await store.take({ ...laptop, time: at(2), says: nonCompliant });
    expect(await why()).toBe('event');
    await store.settle(laptopKey);
    await store.enforcement.planAgain(laptopKey, now, { recheck: true, why: 'sweep' });
    expect(await why()).toBe('sweep');
  });

  test('a webhook, whatever a sweep has to say while the device waits', async () => {
    await store.take({ ...laptop, time: at(1), says: nonCompliant });
    const { generation = 0 } = await bySweep(at(5));
    expect(generation).toBe(2);
    expect(await why()).toBe('event');
    await store.enforcement.planAgain(laptopKey, now, { recheck: true, why: 'sweep' });
    expect((await store.state(laptopKey)).generation).toBe(3);
    expect(await why()).toBe('event');
  });

  test('on-call, also after a sweep, and whatever a sweep has to say while the device waits', async () => {
    await bySweep(at(1));
    await store.settle(laptopKey);
    await store.enforcement.saveOperator(laptopKey, { state: 'unlocked', since: at(2), untilMs: null, reason: 'a test', by: 'grace' }, now);
    expect(await why()).toBe('operator');
    await store.take({ ...laptop, time: at(5), says: nonCompliant }, { why: 'sweep' });
    expect(await why()).toBe('operator');
  });

  test('a sweep, of a device that was given up', async () => {
    await store.take({ ...laptop, time: at(1), says: nonCompliant });
    await store.enforcement.giveUp(laptopKey, { cause: 'rejected', at: now, generation: 1, detail: '' }, now);
    await store.enforcement.planAgain(laptopKey, now, { recheck: true, why: 'sweep' });
    expect(await why()).toBe('sweep');
    await store.enforcement.giveUp(laptopKey, { cause: 'rejected', at: now, generation: 2, detail: '' }, now);
    await store.enforcement.planAgain(laptopKey, now, { anew: true, recheck: true, why: 'operator' });
    expect(await why()).toBe('operator');
  });

  test('also of a device that no event has had planned before', async () => {
    await store.take({ ...laptop, time: at(1) }, { neutral: 'other_event' });
    expect((await store.state(laptopKey)).because).toBeUndefined();
    await store.enforcement.planAgain(laptopKey, now, { recheck: true, why: 'sweep' });
    expect((await store.state(laptopKey)).because).toEqual({ why: 'sweep', eventId: null, eventTime: null, receivedAt: now });
  });
});
