import { describe, expect, it } from '@jest/globals';
import { momentBefore } from '../../src/cli/options.js';
import { runHere } from './run.js';

const now = Date.parse('2026-03-04T12:00:00Z');
const read = momentBefore(now);

describe('a moment at the command line', () => {
  it.each([
    ['30m', '2026-03-04T11:30:00Z'],
    ['2d', '2026-03-02T12:00:00Z'],
    [' 4h ', '2026-03-04T08:00:00Z'],
    ['2026-03-04T01:02:03Z', '2026-03-04T01:02:03Z'],
    ['2026-03-04T02:02:03.5+01:00', '2026-03-04T01:02:03.5Z'],
  ])('may be given as %p', (text, meant) => {
    expect(read(text)).toBe(Date.parse(meant));
  });

  it.each(['', '5', '0m', 'yesterday', '2026', '2026-03-04', '2026-13-45', '2026-02-30T01:02:03Z', '2026-03-04T01:02:03', '2026-03-04 01:02:03Z', 'Mar 4, 2026', '1 h', '-2h', '99999999d'])(
    'is not guessed at: %p is refused with the forms that are understood',
    (text) => {
      expect(() => read(text)).toThrow(/30m, 4h.*2026-03-04T01:02:03Z|30m, 4h or 2d/);
    },
  );
});

describe('relay', () => {
  it.each([
    { args: ['failed', 'list', '--since', 'yesterday'], told: '2026-03-04T01:02:03Z' },
    { args: ['failed', 'replay', '--until', '2026-03-04T01:02:03', '--reason', 'x', '--yes'], told: 'with its zone' },
    { args: ['shadow', 'report', '--since', '5'], told: '30m, 4h, 2d' },
    { args: ['failed', 'list', '--since', '1h', '--until', '2h'], told: '--since must be before --until' },
    { args: ['failed', 'discard', '--since', '2h', '--until', '2h', '--reason', 'x', '--yes'], told: '--since must be before --until' },
    { args: ['held', 'list', '--word', 'held_mas'], told: 'held_mass, held_ambiguous' },
  ])('$args ends with 2 before anything is asked', async ({ args, told }) => {
    expect(await runHere(args, {})).toMatchObject({ code: 2, out: '', err: expect.stringContaining(told) });
  });
});
