import { describe, expect, test } from '@jest/globals';
import { Slots } from '../../workers/slots.js';

/** How many ordinary devices find a slot, and how many compromised ones beside them. */
function fill(all: number): [ordinary: number, compromised: number] {
  const slots = new Slots(all);
  let ordinary = 0;
  while (slots.enter(false) !== null) ordinary += 1;
  let compromised = 0;
  while (slots.onlyKeptLeft && slots.enter(true) !== null) compromised += 1;
  return [ordinary, compromised];
}

describe('slots', () => {
  test.each([
    [50, [40, 10]],
    [5, [4, 1]],
    [2, [1, 1]],
    [1, [1, 0]],
  ])('of %i, a fifth and at least one is kept for compromised devices, if there are two', (all, expected) => {
    expect(fill(all)).toEqual(expected);
  });

  test('compromised devices may have them all, and take none from the ordinary ones for longer than they are there', () => {
    const slots = new Slots(10);
    const leave = Array.from({ length: 10 }, () => slots.enter(true));
    expect([slots.open, slots.onlyKeptLeft]).toEqual([10, false]);
    for (const free of leave) free?.();
    expect(slots.open).toBe(8);
  });
});
