import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import type { ComplianceEvent, Ended, Statements } from '../../src/compliance/event.js';
import type { Facts } from '../../src/compliance/facts.js';
import { versionOf } from '../../src/compliance/version.js';
import { readDevice } from '../../src/store/device.js';
import { ingest } from '../../src/store/ingest.js';
import { startTestRedis, type TestRedis } from '../redis.js';

type Said = { time: string | null; enrolment: string | null; says: Statements };
type Held = Pick<Facts, 'compliance' | 'compromised' | 'unrecognised' | 'ended'>;

let server: TestRedis;
let redis: Redis;
let devices = 0;

beforeAll(async () => {
  server = await startTestRedis();
  redis = server.connect();
});

afterAll(async () => {
  await server.stop();
});

/** Few distinct times, so that ties are common; two of them differ in the seventh digit only. */
const hourAgo = Date.now() - 3_600_000;
const times = [...[0, 1, 2, 3].map((second) => versionOf(hourAgo + second * 1000)), `${versionOf(hourAgo + 3000).slice(0, -1)}1`];

const maybe = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined, freq: 2 });

const saidAt = (time: fc.Arbitrary<string | null>): fc.Arbitrary<Said> => {
  const statements = fc
    .record({
      compliance: maybe('compliant' as const, 'noncompliant' as const),
      compromised: maybe('compromised' as const, 'healthy' as const),
      unrecognised: maybe('odd', 'queer'),
      enrolled: maybe(true as const),
      ended: fc.option(fc.constantFrom<Ended>('unenrolled', 'wiped', 'deleted'), { nil: undefined, freq: 3 }),
    })
    // What UEM's one literal per field allows: a value is understood or not, and an enrolment has ended or not.
    .map(({ unrecognised, ended, ...rest }) => ({
      ...rest,
      ...(rest.compromised === undefined && unrecognised ? { unrecognised } : {}),
      ...(rest.enrolled === undefined && ended ? { ended } : {}),
    }))
    .map((says): Statements => JSON.parse(JSON.stringify(says)));
  return fc.record({ time, enrolment: fc.constantFrom('7', '12', null), says: statements });
};

const timed = fc.array(saidAt(fc.constantFrom(...times)), { minLength: 1, maxLength: 8 });
const perhapsTimed = fc.array(saidAt(fc.option(fc.constantFrom(...times), { nil: null, freq: 2 })), { minLength: 1, maxLength: 8 });

/** Tells a device of its own all this in this order; returns what then holds for it. */
async function told(story: readonly Said[]): Promise<Held> {
  const serialNumber = `S${(devices += 1)}`;
  const blank = { udid: null, email: null, name: null, ownership: null, organizationGroup: null, eventType: null };
  const device = { ...blank, deviceClass: 'desktop', platform: 'WinRT', serialNumber } as const;
  const events: ComplianceEvent[] = story.map((said) => ({ ...device, ...said }));
  await Promise.all(events.map((event) => ingest(redis, { event, kept: {} }, { prefix: '{relay}', historyMs: 1000 })));
  const state = await readDevice(redis, '{relay}', `serial:s${devices}`);
  if (state === null) throw new Error('nothing is known');
  const { compliance, compromised, unrecognised, ended } = state.facts;
  return { compliance, compromised, unrecognised, ended };
}

function newest(all: readonly { when: string }[]): string {
  return all.reduce((latest, { when }) => (when > latest ? when : latest), '');
}

/** What ought to hold, worked out from the set of everything said, without looking at any order but that of the times. */
function expected(story: readonly Said[]): Held {
  // What came without a time was said when it came: after everything that tells its time, in the order of arrival.
  const dated = story.map((said, arrival) => ({ ...said, when: said.time ?? `9${String(arrival).padStart(16, '0')}` }));
  const lives = dated.filter(({ says }) => !says.ended);
  const strongest = <T extends string>(all: { when: string; value: T }[], order: readonly T[]) => {
    const latest = newest(all);
    return order.findLast((value) => all.some((one) => one.when === latest && one.value === value)) ?? null;
  };

  const compromises = dated.flatMap(({ when, says }) =>
    says.compromised && !(says.ended && says.compromised === 'healthy') ? [{ when, value: says.compromised }] : [],
  );
  const compromise = strongest(compromises, ['healthy', 'compromised']);
  const oddities = dated.flatMap(({ when, says }) => (says.unrecognised ? [{ when, value: says.unrecognised }] : []));
  const understood = newest(compromises);
  const open = newest(oddities) > understood || (newest(oddities) === understood && compromise !== 'compromised');

  const enrolments = lives.filter(({ says }) => says.enrolled);
  const named = enrolments.filter(({ enrolment }) => enrolment !== null);
  const atTheEnd = new Set(named.filter(({ when }) => when === newest(named)).map(({ enrolment }) => enrolment));
  const current = ['12', '7'].findLast((enrolment) => atTheEnd.has(enrolment));
  const ends = dated.flatMap(({ when, enrolment, says }) =>
    says.ended && (current === undefined || enrolment === null || enrolment === current) ? [{ when, value: says.ended }] : [],
  );
  // That a device complies is said of one enrolment, and nobody says it of the next one; that it does not counts whoever says it.
  const verdicts = lives.flatMap(({ when, enrolment, says }) => (says.compliance ? [{ when, enrolment, value: says.compliance }] : []));
  const candidates = [null, '7', '12'].flatMap((enrolment) => {
    const own = verdicts.filter((verdict) => verdict.enrolment === enrolment);
    const value = strongest(own, ['compliant', 'noncompliant']);
    const counts = current === undefined || enrolment === null || enrolment === current || value === 'noncompliant';
    return value !== null && counts ? [{ when: newest(own), value }] : [];
  });
  const newestVerdict = strongest(candidates, ['compliant', 'noncompliant']);
  const outdated = newestVerdict === 'compliant' && ends.length > 0 && newest(candidates) <= newest(ends);
  const compliance = outdated ? null : newestVerdict;

  const over = ends.length > 0 && newest(ends) >= newest(enrolments);
  return {
    compliance,
    compromised: compromise === 'compromised',
    unrecognised: open && oddities.length > 0 ? strongest(oddities, ['odd', 'queer']) : null,
    ended: over ? strongest(ends, ['unenrolled', 'wiped', 'deleted']) : null,
  };
}

describe('newest facts win', () => {
  it('for every order of arrival', async () => {
    const orders = timed.chain((story) => fc.tuple(fc.constant(story), fc.shuffledSubarray(story, { minLength: story.length })));
    await fc.assert(
      fc.asyncProperty(orders, async ([story, shuffled]) => {
        const facts = expected(story);
        expect(await told(story)).toEqual(facts);
        expect(await told(shuffled)).toEqual(facts);
        expect(await told(story.toReversed())).toEqual(facts);
      }),
      { numRuns: 600 },
    );
  });

  it('for every one of all orders of arrival of four events', async () => {
    const story = fc.array(saidAt(fc.constantFrom(...times)), { minLength: 4, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(story, async (four) => {
        const facts = expected(four);
        for (const order of permutations(four)) expect(await told(order)).toEqual(facts);
      }),
      { numRuns: 40 },
    );
  });

  it('however often each event is delivered', async () => {
    const repeated = timed.chain((story) => fc.tuple(fc.constant(story), fc.array(fc.constantFrom(...story), { maxLength: 5 })));
    await fc.assert(
      fc.asyncProperty(repeated, async ([story, again]) => {
        expect(await told([...story, ...again])).toEqual(expected(story));
      }),
      { numRuns: 200 },
    );
  });

  it('where events without a time are in the order of their arrival', async () => {
    await fc.assert(
      fc.asyncProperty(perhapsTimed, async (story) => {
        expect(await told(story)).toEqual(expected(story));
      }),
      { numRuns: 400 },
    );
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]));
}
