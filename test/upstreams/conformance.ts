import { afterEach, beforeEach, describe } from '@jest/globals';
import { faults, hanging } from './faults.js';
import { safety } from './safety.js';
import type { ConformanceSubject } from './subject.js';
import { renewal, tokenEndpoint } from './tokens.js';

/** Longer than a busy machine takes for twenty calls. */
const patientMs = 20_000;
/** Longer than it takes for one. */
const impatientMs = 2_000;

/** What every client of an upstream promises; `start` gives a fresh client with that deadline of a request, and a fresh sandbox. */
export function conformance(name: string, start: (timeoutMs: number) => Promise<ConformanceSubject>): void {
  describe(`${name} as an upstream`, () => {
    const current = eachWith(() => start(patientMs));
    renewal(current);
    faults(current);
    tokenEndpoint(current);
    safety(current);
  });

  describe(`${name} as an upstream that does not answer`, () => {
    hanging(eachWith(() => start(impatientMs)), impatientMs);
  });
}

function eachWith(start: () => Promise<ConformanceSubject>): () => ConformanceSubject {
  let subject: ConformanceSubject;
  beforeEach(async () => {
    subject = await start();
  });
  afterEach(() => subject.close());
  return () => subject;
}
