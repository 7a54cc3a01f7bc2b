import { afterEach, beforeEach, describe } from '@jest/globals';
import { faults } from './faults.js';
import { safety } from './safety.js';
import type { ConformanceSubject } from './subject.js';
import { renewal, tokenEndpoint } from './tokens.js';

/** What every client of an upstream promises; `start` gives a fresh client and a fresh sandbox. */
export function conformance(name: string, start: () => Promise<ConformanceSubject>): void {
  describe(`${name} as an upstream`, () => {
    let subject: ConformanceSubject;
    beforeEach(async () => {
      subject = await start();
    });
    afterEach(() => subject.close());

    renewal(() => subject);
    faults(() => subject);
    tokenEndpoint(() => subject);
    safety(() => subject);
  });
}
