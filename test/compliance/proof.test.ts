import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isOurs, noteBefore, type LedgerEntry } from '../../src/compliance/ledger.js';
import { planRelease } from '../../src/compliance/plan.js';
import { suspendedBy, type StatusChange } from '../../src/compliance/proof.js';
import { record } from './records.js';

const minute = 60_000;
const at = 100 * minute;
const onIndex: LedgerEntry = { state: 'ours', at, statusSeen: 'active', requestId: null, unproven: true };
const by = (newest: StatusChange | undefined, nowMs: number) => suspendedBy(onIndex, newest, { self: 'us', nowMs });

describe('who suspended a record that we suspended without looking', () => {
  test.each<{ title: string; newest: StatusChange | undefined; nowMs: number; expected: string }>([
    { title: 'we, by the log', newest: { what: 'suspended', at: at + 200, actor: 'us' }, nowMs: at + 1_000, expected: 'us' },
    { title: 'we, by a clock that differs', newest: { what: 'suspended', at: at - minute, actor: 'us' }, nowMs: at + 1_000, expected: 'us' },
    { title: 'somebody else before', newest: { what: 'suspended', at: at - 50 * minute, actor: 'admin' }, nowMs: at + 2 * minute, expected: 'others' },
    { title: 'somebody else after us', newest: { what: 'suspended', at: at + minute, actor: 'admin' }, nowMs: at + 3 * minute, expected: 'others' },
    { title: 'not known yet: the log has nothing', newest: undefined, nowMs: at + 9 * minute, expected: 'unknown' },
    { title: 'not known yet: the log may not have come to our call', newest: { what: 'suspended', at: at - 50 * minute, actor: 'admin' }, nowMs: at + 30_000, expected: 'unknown' },
    { title: 'not known yet: the log has only an earlier suspension of ours', newest: { what: 'suspended', at: at - 50 * minute, actor: 'us' }, nowMs: at + 2 * minute, expected: 'unknown' },
    { title: 'not known yet: the log has it let in', newest: { what: 'unsuspended', at: at - minute, actor: 'admin' }, nowMs: at + 2 * minute, expected: 'unknown' },
    { title: 'we, earlier: our call found it suspended', newest: { what: 'suspended', at: at - 50 * minute, actor: 'us' }, nowMs: at + 11 * minute, expected: 'us' },
    { title: 'nobody that we know of: it counts as somebody else', newest: undefined, nowMs: at + 11 * minute, expected: 'others' },
  ])('$title', ({ newest, nowMs, expected }) => {
    expect(by(newest, nowMs)).toBe(expected);
  });

  const change = fc.record({ actor: fc.constantFrom('us', 'admin'), afterMs: fc.integer({ min: 1, max: 30 * minute }) });

  test('is never mistaken, however long the log takes within a minute', () => {
    fc.assert(
      fc.property(
        fc.record({ before: fc.array(change, { maxLength: 5 }), after: fc.array(change, { maxLength: 3 }), lagMs: fc.integer({ min: 0, max: minute }), askedMs: fc.integer({ min: 0, max: 20 * minute }) }),
        ({ before, after, lagMs, askedMs }) => {
          const log: StatusChange[] = [];
          const happen = (moment: number, actor: string) => log.push({ what: log.at(-1)?.what === 'suspended' ? 'unsuspended' : 'suspended', at: moment, actor });
          let moment = 0;
          for (const { actor, afterMs } of before) happen((moment += afterMs), actor);
          const called = moment + minute;
          if (log.at(-1)?.what !== 'suspended') happen(called, 'us');
          moment = called;
          for (const { afterMs } of after) happen((moment += afterMs), 'admin');
          // What came after our call has reached the log by the time that it is asked.
          const nowMs = after.length > 0 ? moment + lagMs + askedMs : called + askedMs;
          const last = log.at(-1);
          fc.pre(last?.what === 'suspended');
          const newest = log.findLast((event) => event.at + lagMs <= nowMs);
          const verdict = suspendedBy({ ...onIndex, at: called }, newest, { self: 'us', nowMs });
          expect(['unknown', last?.actor === 'us' ? 'us' : 'others']).toContain(verdict);
          expect(nowMs - called > 10 * minute ? verdict : null).not.toBe('unknown');
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('a suspension that is not proven', () => {
  const suspended = [record('r', { status: 'suspended' })];
  const release = (entry: LedgerEntry, unsuspend: 'own' | 'any' = 'own', nowMs = at + 2 * minute) => planRelease({ ledger: { r: entry }, records: suspended, unsuspend, nowMs }).actions.length;

  test('counts as ours, and yet is not undone before it is proven', () => {
    expect(isOurs(onIndex)).toBe(true);
    expect(release(onIndex)).toBe(0);
    expect(release({ ...onIndex, unproven: false })).toBe(1);
    expect(release({ ...onIndex, unproven: false, statusSeen: 'suspended' })).toBe(0);
    expect(release(onIndex, 'any')).toBe(1);
  });

  test('is not undone either while nobody knows whether it has arrived', () => {
    expect(release({ ...onIndex, state: 'intent' }, 'own', at + 1_000)).toBe(0);
    expect(release({ ...onIndex, state: 'intent', unproven: false }, 'own', at + 1_000)).toBe(1);
  });

  test('stays so when it is sent again, until the record was let in', () => {
    expect(noteBefore('intent', { ...onIndex, state: 'intent' }, at)).toMatchObject({ unproven: true });
    expect(noteBefore('intent', { ...onIndex, state: 'released' }, at).unproven).toBeUndefined();
  });
});
