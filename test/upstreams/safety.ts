import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { caught } from './failures.js';
import type { ConformanceSubject, ResourceFault } from './subject.js';

/** No id reaches another object, and no error carries a secret. */
export function safety(current: () => ConformanceSubject): void {
  test.each(['a/b?c#d', '..', '.', '', '../../x', 'a%2Fb', 'ü "\\'])('the id %j reaches its own address or none', async (id) => {
    const subject = current();
    await subject.read();
    const before = subject.requestedPaths().length;
    await subject.readById(id).catch(() => undefined);
    const paths = subject.requestedPaths().slice(before);
    const reachable = ['..', '.', ''].includes(id) ? [] : [subject.pathOf(id)];
    expect(paths.filter((path) => !reachable.includes(path))).toEqual([]);
  });

  test('no error carries a key, an assertion or a token', async () => {
    const subject = current();
    await subject.read();
    const errors: unknown[] = [];
    const seen: ResourceFault[] = ['unauthorized', 'forbidden', 'missing', 'bad_request', 'throttled', 'unavailable', 'reset', 'html'];
    for (const fault of seen) {
      subject.order(fault, 2);
      errors.push(await caught(subject.act()), await caught(subject.read()));
    }
    subject.expireTokens();
    subject.orderToken('refused');
    errors.push(await caught(subject.read()));
    const text = errors.map((error) => inspect(error, { depth: 12, showHidden: true }) + JSON.stringify(error)).join('\n');
    const secrets = subject.secrets();
    expect(secrets.length).toBeGreaterThan(0);
    for (const secret of secrets) expect(text.includes(secret)).toBe(false);
  });
}
