import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { adoptionWords } from '../src/compliance/adoption.js';
import { driftKinds } from '../src/compliance/drift.js';
import { doneWords, failureCauses, heldWords, sweepEndings, waitingWords } from '../src/compliance/outcome.js';
import { repairWords } from '../workers/sweep/repair.js';

const runbook = readFileSync('docs/runbook.md', 'utf8');

test.each([...doneWords, ...waitingWords, ...heldWords, ...failureCauses, ...driftKinds, ...repairWords, ...adoptionWords, ...sweepEndings])('the runbook says what %s means and what to do', (word) => {
  expect(runbook).toMatch(new RegExp(`\\*\\*\`${word}\`\\*\\*(:|, | and | \\()`));
});
