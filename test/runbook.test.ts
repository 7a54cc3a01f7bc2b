import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { doneWords, failureCauses, heldWords, waitingWords } from '../src/compliance/outcome.js';

const runbook = readFileSync('docs/runbook.md', 'utf8');

test.each([...doneWords, ...waitingWords, ...heldWords, ...failureCauses])('the runbook says what %s means and what to do', (word) => {
  expect(runbook).toMatch(new RegExp(`\\*\\*\`${word}\`\\*\\*(:|, | and )`));
});
