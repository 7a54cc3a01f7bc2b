import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isOurs, noteBefore, type LedgerEntry } from '../../src/compliance/ledger.js';
import { planRelease } from '../../src/compliance/plan.js';
import { lastTurn, suspendedBy, type StatusChange } from '../../src/compliance/proof.js';
import { record } from './records.js';

const minute = 60_000;
const at = 100 * minute;
const onIndex: LedgerEntry = { state: 'ours', at, statusSeen: 'active', requestId: null, unproven: true };
const by = (turn: StatusChange | undefined, nowMs: number) => suspendedBy(onIndex, turn, { self: 'us', nowMs });

describe('who suspended a record that we suspended without looking', () => {
  test.each<{ title: string; turn: StatusChange | undefined; nowMs: number; expected: string }>([
    { title: 'we, by the log', turn: { what: 'suspended', at: at + 200, actor: 'us' }, nowMs: at + 1_000, expected: 'us' },
    { title: 'we, by a clock that differs', turn: { what: 'suspended', at: at - minute, actor: 'us' }, nowMs: at + 1_000, expected: 'us' },
    { title: 'somebody else before', turn: { what: 'suspended', at: at - 50 * minute, actor: 'admin' }, nowMs: at + 2 * minute, expected: 'others' },
    { title: 'somebody else after us', turn: { what: 'suspended', at: at + minute, actor: 'admin' }, nowMs: at + 3 * minute, expected: 'others' },
    { title: 'not known yet: the log has nothing', turn: undefined, nowMs: at + 9 * minute, expected: 'unknown' },
    { title: 'not known yet: the log may not have come to our call', turn: { what: 'suspended', at: at - 50 * minute, actor: 'admin' }, nowMs: at + 30_000, expected: 'unknown' },
    { title: 'not known yet: the log has only an earlier suspension of ours', turn: { what: 'suspended', at: at - 50 * minute, actor: 'us' }, nowMs: at + 2 * minute, expected: 'unknown' },
    { title: 'not known yet: the log has it let in', turn: { what: 'unsuspended', at: at - minute, actor: 'admin' }, nowMs: at + 2 * minute, expected: 'unknown' },
    { title: 'we, earlier: our call found it suspended', turn: { what: 'suspended', at: at - 50 * minute, actor: 'us' }, nowMs: at + 11 * minute, expected: 'us' },
    { title: 'nobody that we know of: it counts as somebody else', turn: undefined, nowMs: at + 11 * minute, expected: 'others' },
  ])('$title', ({ turn, nowMs, expected }) => {
    expect(by(turn, nowMs)).toBe(expected);
  });

  const change = fc.record({ actor: fc.constantFrom('us', 'admin'), afterMs: fc.integer({ min: 1, max: 30 * minute }) });

  test('is never mistaken, however long the log takes within a minute', () => {
    fc.assert(
      fc.property(
        fc.record({ before: fc.array(change, { maxLength: 5 }), after: fc.array(change, { maxLength: 3 }), lagMs: fc.integer({ min: 0, max: minute }), askedMs: fc.integer({ min: 0, max: 20 * minute }), logsRepetitions: fc.boolean() }),
        ({ before, after, lagMs, askedMs, logsRepetitions }) => {
          const log: StatusChange[] = [];
          const happen = (moment: number, actor: string) => log.push({ what: log.at(-1)?.what === 'suspended' ? 'unsuspended' : 'suspended', at: moment, actor });
          let moment = 0;
          for (const { actor, afterMs } of before) happen((moment += afterMs), actor);
          const called = moment + minute;
          const repeats = log.at(-1)?.what === 'suspended';
          if (!repeats) happen(called, 'us');
          else if (logsRepetitions) log.push({ what: 'suspended', at: called, actor: 'us' });
          moment = called;
          for (const { afterMs } of after) happen((moment += afterMs), 'admin');
          // What came after our call has reached the log by the time that it is asked.
          const nowMs = after.length > 0 ? moment + lagMs + askedMs : called + askedMs;
          fc.pre(log.at(-1)?.what === 'suspended');
          const suspender = log.findLast(({ what }, i) => what === 'suspended' && log[i - 1]?.what !== 'suspended')?.actor;
          const turn = lastTurn(log.filter((event) => event.at + lagMs <= nowMs).toReversed());
          const verdict = suspendedBy({ ...onIndex, at: called }, turn, { self: 'us', nowMs });
          expect(['unknown', suspender === 'us' ? 'us' : 'others']).toContain(verdict);
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
