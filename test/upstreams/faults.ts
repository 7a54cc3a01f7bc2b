import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import type { UpstreamFailureDetails } from '../../src/failure.js';
import { failure } from './failures.js';
import { methods, type ConformanceSubject, type Method, type ResourceFault } from './subject.js';

type Case = { fault: ResourceFault; method: Method; details: Partial<UpstreamFailureDetails> };
const cases: Case[] = methods.flatMap((method): Case[] => [
  { fault: 'unavailable', method, details: { kind: 'transient' } },
  { fault: 'reset', method, details: { kind: 'transient' } },
  { fault: 'forbidden', method, details: { kind: 'permission', status: 403 } },
  { fault: 'missing', method, details: { kind: 'not_found', status: 404 } },
  { fault: 'html', method, details: { kind: 'garbage' } },
]);

/** Each fault of a resource becomes the kind of failure that decides what to do next. */
export function faults(current: () => ConformanceSubject): void {
  test.each(cases)('$fault on $method is $details.kind, sent once', async ({ fault, method, details }) => {
    const subject = current();
    await subject.read();
    const before = subject.requestedPaths().length;
    subject.order(fault, 1);
    const met = await failure(subject[method]());
    expect(met).toMatchObject(details);
    expect(Boolean(met.uncertain)).toBe(details.kind === 'transient' && method === 'act' && !subject.onlyReads);
    expect(subject.requestedPaths()).toHaveLength(before + 1);
  });

  test('bad_request on read is rejected: the object is to blame, for good', async () => {
    const subject = current();
    subject.order('bad_request', 1);
    expect(await failure(subject.read())).toMatchObject({ kind: 'rejected', status: 400 });
  });

  test.each(methods)('throttled on %s surfaces at once with the announced wait', async (method) => {
    const subject = current();
    await subject.read();
    const before = subject.requestedPaths().length;
    subject.order('throttled', 1);
    const started = performance.now();
    const met = await failure(subject[method]());
    expect(performance.now() - started).toBeLessThan(subject.announcedWait.atLeastMs);
    expect(met).toMatchObject({ kind: 'throttled', status: 429 });
    expect(met.waitMs).toBeGreaterThanOrEqual(subject.announcedWait.atLeastMs);
    expect(met.waitMs).toBeLessThanOrEqual(subject.announcedWait.atMostMs);
    expect(subject.requestedPaths()).toHaveLength(before + 1);
  });
}

/** A peer that never answers is given up at the deadline of `timeoutMs` milliseconds, which is the subject's. */
export function hanging(current: () => ConformanceSubject, timeoutMs: number): void {
  test.each(methods)('hang on %s is transient, sent once and given up at the deadline, and says no secret', async (method) => {
    const subject = current();
    await subject.read();
    const before = subject.requestedPaths().length;
    subject.order('hang', 1);
    const started = performance.now();
    const met = await failure(subject[method]());
    expect(performance.now() - started).toBeLessThan(3 * timeoutMs);
    expect(met).toMatchObject({ kind: 'transient', code: 'timeout' });
    expect(Boolean(met.uncertain)).toBe(method === 'act' && !subject.onlyReads);
    expect(subject.requestedPaths()).toHaveLength(before + 1);
    for (const secret of subject.secrets()) expect(inspect(met, { depth: 12, showHidden: true })).not.toContain(secret);
  });
}
