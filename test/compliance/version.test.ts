import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { epochMsOf, versionOf } from '../../src/compliance/version.js';

const moments = fc.integer({ min: 0, max: 9_999_999_999_999 });
const fractions = fc.stringMatching(/^\d{7}$/);

describe('a version', () => {
  test('sorts as text as its moment does in time', () => {
    fc.assert(
      fc.property(moments, moments, (a, b) => {
        expect(Math.sign(a - b)).toBe(versionOf(a) < versionOf(b) ? -1 : Number(versionOf(a) > versionOf(b)));
      }),
    );
  });

  test('tells apart what is a hundred nanoseconds apart', () => {
    fc.assert(
      fc.property(moments, fractions, fractions, (moment, a, b) => {
        expect(versionOf(moment, a) < versionOf(moment, b)).toBe(a < b);
      }),
    );
    expect(versionOf(1_700_000_000_000, '1234567') < versionOf(1_700_000_000_000, '1234568')).toBe(true);
  });

  test('has a fixed width and keeps its milliseconds', () => {
    fc.assert(
      fc.property(moments, (moment) => {
        expect(versionOf(moment)).toMatch(/^\d{17}$/);
        expect(epochMsOf(versionOf(moment))).toBe(moment);
      }),
    );
  });

  test('takes a fraction of fewer or more digits than seven', () => {
    expect(versionOf(1_700_000_000_999, '5')).toBe('17000000005000000');
    expect(versionOf(1_700_000_000_999, '123456789')).toBe('17000000001234567');
  });
});
