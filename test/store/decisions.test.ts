import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { at, compliant, laptop, laptopKey, nonCompliant, startIngestStore, type IngestStore } from './ingest-store.js';

const day = 86_400_000;
let store: IngestStore;

beforeAll(async () => {
  store = await startIngestStore();
});

afterEach(() => store.redis.flushall());
afterAll(() => store.stop());

const held = { word: 'held_mass', since: 1, detail: '' } as const;
const rejected = { cause: 'rejected', at: 1, detail: '' } as const;

/** A device that does not comply, and is held or was given up in its first generation. */
const places = {
  held: async () => {
    await store.take({ ...laptop, says: nonCompliant, time: at(1) });
    await store.enforcement.hold(laptopKey, 1, held);
  },
  failed: async () => {
    await store.take({ ...laptop, says: nonCompliant, time: at(1) });
    await store.enforcement.giveUp(laptopKey, { ...rejected, generation: 1 }, Date.now() + day);
  },
} as const;

const release = () => store.enforcement.planAgain(laptopKey, Date.now(), { found: { from: 'held', generation: null } });
const releasedFrom = async () => (await store.state(laptopKey)).releasedFrom;

describe.each(['held', 'failed'] as const)('what a human decides about a device that is %s', (from) => {
  const decisions = [
    ['that it is planned again', async (generation: number | null) => (await store.enforcement.planAgain(laptopKey, Date.now(), { found: { from, generation } })) > 0],
    ['that it is discarded', async (generation: number | null) => await store.enforcement.discard(laptopKey, { from, generation })],
  ] as const;

  test.each(decisions)('is carried out once: %s', async (_what, decide) => {
    await places[from]();
    expect(await Promise.all([decide(1), decide(1), decide(null)])).toEqual([true, false, false]);
    expect(await store.state(laptopKey)).toMatchObject({ held: null, failure: null });
  });

  test.each(decisions)('is not carried out about news that they were not shown: %s', async (_what, decide) => {
    await places[from]();
    await store.take({ ...laptop, says: { ...nonCompliant, compromised: 'compromised' }, time: at(2) });
    await (from === 'held' ? store.enforcement.hold(laptopKey, 2, held) : store.enforcement.giveUp(laptopKey, { ...rejected, generation: 2 }, Date.now() + day));
    const before = await store.state(laptopKey);
    expect(await decide(1)).toBe(false);
    expect(await store.state(laptopKey)).toEqual(before);
    expect(await decide(2)).toBe(true);
  });

  test.each(decisions)('is not carried out once a newer fact has taken it from there: %s', async (_what, decide) => {
    await places[from]();
    await store.take({ ...laptop, says: compliant, time: at(2) });
    expect(await decide(null)).toBe(false);
    expect(await store.state(laptopKey)).toMatchObject({ generation: 2, enforced: from === 'held' ? 1 : 0, releasedFrom: [], discarded: 0 });
  });

  test('that it is discarded holds against whatever merely looks again, until news', async () => {
    await places[from]();
    await store.enforcement.discard(laptopKey, { from, generation: 1 });
    expect(await store.enforcement.planAgain(laptopKey, Date.now(), { recheck: true, why: 'sweep' })).toBe(0);
    expect(await store.enforcement.planAgain(laptopKey, Date.now(), { found: { from, generation: null } })).toBe(0);
    await store.enforcement.giveUp(laptopKey, { cause: 'crashed_worker', at: 2, detail: '', generation: 1 }, Date.now());
    expect(await store.take({ ...laptop, says: nonCompliant, time: at(2) })).toMatchObject({ result: 'duplicate', dirty: false });
    expect(await store.state(laptopKey)).toMatchObject({ generation: 1, enforced: 1, failure: null, held: null });

    expect(await store.take({ ...laptop, says: { compromised: 'compromised' }, time: at(3) })).toMatchObject({ result: 'queued', generation: 2 });
    expect(await store.enforcement.planAgain(laptopKey, Date.now())).toBe(3);
  });
});

describe('a release from a hold', () => {
  test('is remembered by the kind of hold, beside earlier ones, however often the same facts are planned', async () => {
    await places.held();
    await release();
    await store.enforcement.planAgain(laptopKey, Date.now(), { recheck: true, anew: true });
    expect(await releasedFrom()).toEqual(['held_mass']);
    await store.take({ ...laptop, says: nonCompliant, time: at(2) });
    await store.enforcement.hold(laptopKey, (await store.state(laptopKey)).generation, { word: 'held_ambiguous', since: 1, detail: '2 records' });
    await release();
    expect(await releasedFrom()).toEqual(['held_mass', 'held_ambiguous']);
  });

  test('is over with the facts that it was about', async () => {
    await places.held();
    await release();
    await store.take({ ...laptop, says: { compromised: 'compromised' }, time: at(2) });
    expect(await releasedFrom()).toEqual([]);
  });
});
