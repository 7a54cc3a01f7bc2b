import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isNewCause, openContainment, type Containment } from '../../src/compliance/containment.js';
import { isUnsettled, noteBefore, spentEntries, statusNow, uncertainCallMs, type Ledger } from '../../src/compliance/ledger.js';
import { planRelease, planSuspensions } from '../../src/compliance/plan.js';
import { lockOutFor, noncompliant, record } from './records.js';

type Status = 'active' | 'suspended';
/** What becomes of one call: answered; lost before or after it took effect; taking effect late. */
type Fate = 'answered' | 'never' | 'unanswered' | { lateMs: number };
type Turn = { wants: Status; fates: Fate[]; readsLagMs: number; thenMs: number };

const fate: fc.Arbitrary<Fate> = fc.oneof(
  fc.constantFrom<Fate>('answered', 'never', 'unanswered'),
  fc.record({ lateMs: fc.integer({ min: 1, max: uncertainCallMs - 5_000 }) }),
);
const turn: fc.Arbitrary<Turn> = fc.record({
  wants: fc.constantFrom<Status>('active', 'suspended'),
  fates: fc.array(fate, { maxLength: 2 }),
  readsLagMs: fc.integer({ min: 0, max: 12_000 }),
  thenMs: fc.integer({ min: 0, max: 40_000 }),
});

/** One record at an Okta that loses answers, works late and shows the past, and what the relay does about it. */
class Simulation {
  now = 1_000_000;
  history: { at: number; status: Status }[] = [{ at: 0, status: 'active' }];
  ledger: Ledger = {};
  containment: Containment | null = null;
  causes = lockOutFor(noncompliant('17000000000000000')).causes;
  wants: Status = 'active';
  #turns = 0;
  /** When the directory is to be read again, in order. */
  #due: number[] = [];
  readonly #rechecked = new Set<Containment>();

  /** UEM says something; the calls that follow have their fates, and some time passes. */
  say({ wants, fates, readsLagMs, thenMs }: Turn): void {
    this.#turns += 1;
    if (wants === 'suspended' && this.wants === 'active') this.causes = this.#verdict().causes;
    this.wants = wants;
    for (const next of fates) this.run(next, readsLagMs);
    this.pass(thenMs, readsLagMs);
  }

  /** Lets time pass; at its moments the directory is read again. */
  pass(ms: number, readsLagMs: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = this.#due.find((moment) => moment <= end);
      if (due === undefined) break;
      this.#due = this.#due.filter((moment) => moment !== due);
      this.now = Math.max(this.now, due);
      this.run('answered', readsLagMs);
    }
    this.now = Math.max(this.now, end);
  }

  /** One attempt, and what it has read again later: after a call without an answer, and a minute after a lock-out. */
  run(next: Fate, lagMs: number): void {
    this.#attempt(next, lagMs);
    if (isUnsettled(this.ledger, this.now)) this.#due.push(this.now + uncertainCallMs);
    if (this.containment !== null && !this.#rechecked.has(this.containment)) this.#due.push(this.now + 60_000);
    if (this.containment !== null) this.#rechecked.add(this.containment);
    this.#due.sort((a, b) => a - b);
  }

  #attempt(next: Fate, lagMs: number): void {
    const read = record('r', { status: this.#statusAt(this.now - lagMs) });
    for (const id of spentEntries(this.ledger, [read], this.now)) delete this.ledger[id];
    if (this.wants === 'active') {
      const { actions } = planRelease({ ledger: this.ledger, records: [read], unsuspend: 'own', nowMs: this.now });
      const done = actions.length === 0 || this.#call('active', next);
      if (done) this.containment = null;
      return;
    }
    if (this.containment === null || isNewCause(this.containment, this.causes)) this.containment = openContainment(this.causes, this.now);
    if (statusNow(read, this.ledger['r'], this.now) === 'suspended') this.containment.contained['r'] = 1;
    const input = { verdict: { ...this.#verdict(), causes: this.causes }, containment: this.containment, ledger: this.ledger, nowMs: this.now };
    for (const _ of planSuspensions(input, { kind: 'one', records: [read] })) {
      if (this.#call('suspended', next)) this.containment.contained['r'] = 1;
    }
  }

  status(): Status {
    return this.#statusAt(this.now);
  }

  #verdict() {
    return lockOutFor(noncompliant(String(17_000_000_000 + this.#turns).padEnd(17, '0')));
  }

  #call(target: Status, next: Fate): boolean {
    const entry = noteBefore(target === 'suspended' ? 'intent' : 'leaving', this.ledger['r'], this.now);
    this.ledger['r'] = entry;
    if (next !== 'never') this.#changes(this.now + (typeof next === 'object' ? next.lateMs : 0), target);
    this.now += 1_000;
    if (next !== 'answered') return false;
    this.ledger['r'] = { ...entry, state: target === 'suspended' ? 'ours' : 'released', at: this.now };
    return true;
  }

  #changes(at: number, status: Status): void {
    this.history = [...this.history, { at, status }].toSorted((a, b) => a.at - b.at);
  }

  #statusAt(moment: number): Status {
    return this.history.findLast(({ at }) => at <= moment)?.status ?? 'active';
  }
}

describe('Okta losing answers, working late and showing the past', () => {
  test('never leaves a device in the wrong state once it has been looked at again', () => {
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 6 }), (turns) => {
        const simulation = new Simulation();
        for (const one of turns) simulation.say(one);
        simulation.run('answered', turns.at(-1)?.readsLagMs ?? 0);
        simulation.pass(300_000, 0);
        expect(simulation.status()).toBe(simulation.wants);
      }),
      { numRuns: 2_000 },
    );
  });
});
