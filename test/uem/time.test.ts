import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { versionOf } from '../../src/compliance/version.js';
import { readUemTime } from '../../src/uem/time.js';

const written = ({ ms, ticks }: { ms: number; ticks: number }) => `${new Date(ms).toISOString().slice(0, -1)}${String(ticks).padStart(4, '0')}Z`;

describe('the time of an event', () => {
  test.each([
    ['seven fractional digits', '2022-01-16T09:13:59.5720125Z', '16423244395720125'],
    ['five fractional digits', '2022-08-09T13:07:08.67145Z', '16600504286714500'],
    ['one fractional digit', '2025-03-04T09:00:00.1Z', '17410788001000000'],
    ['no fraction', '2025-03-04T09:00:00Z', '17410788000000000'],
    ['no Z: it is UTC all the same', '2025-03-04T09:00:00.1', '17410788001000000'],
    ['an offset', '2025-03-04T10:00:00.1234567+01:00', '17410788001234567'],
    ['an offset without a colon', '2025-03-04T03:30:00-0530', '17410788000000000'],
    ['a space in place of the T', '2025-03-04 09:00:00.1Z', '17410788001000000'],
    ['more digits than UEM has', '2025-03-04T09:00:00.123456789Z', '17410788001234567'],
    ['the old form', '/Date(1368076258271)/', '13680762582710000'],
    ['the old form with escaped slashes', '\\/Date(1391182403986)\\/', '13911824039860000'],
    ['the old form with an offset', '/Date(1391182403986+0100)/', '13911824039860000'],
  ])('is read with %s', (_form, text, version) => {
    expect(readUemTime(text)).toBe(version);
  });

  test.each([
    ['missing', null],
    ['empty', ''],
    ['the year 1, which means never', '0001-01-01T00:00:00'],
    ['the year 1 in the old form', '/Date(-62135596800000)/'],
    ['the year 9999, which means for ever', '9999-12-31T23:59:59.9999999Z'],
    ['no time', '2025-03-04'],
    ['no such month', '2025-13-04T09:00:00Z'],
    ['no such hour', '2025-03-04T25:00:00Z'],
    ['in the American form', '03/04/2025 9:00:00 AM'],
    ['a number of milliseconds', '1741078800000'],
    ['words', 'yesterday'],
  ])('says nothing when it is %s', (_form, text) => {
    expect(readUemTime(text)).toBeNull();
  });

  it('keeps the order of any two times that differ by 100 ns or more', () => {
    const moment = fc.record({ ms: fc.integer({ min: 1000, max: 4e12 }), ticks: fc.integer({ min: 0, max: 9999 }) });
    fc.assert(
      fc.property(moment, moment, (a, b) => {
        const [first, second] = [readUemTime(written(a)) ?? '', readUemTime(written(b)) ?? ''];
        expect(first < second).toBe(a.ms < b.ms || (a.ms === b.ms && a.ticks < b.ticks));
      }),
    );
  });

  it('gives a moment the same version whichever form it comes in', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 9e12 }), (ms) => {
        const versions = [`/Date(${ms})/`, new Date(ms).toISOString(), new Date(ms).toISOString().slice(0, -1)].map(readUemTime);
        expect(new Set(versions)).toEqual(new Set([versionOf(ms)]));
      }),
    );
  });
});
