import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { adoptionWords } from '../src/compliance/adoption.js';
import { driftKinds } from '../src/compliance/drift.js';
import { doneWords, failureCauses, heldWords, sweepEndings, waitingWords } from '../src/compliance/outcome.js';
import { repairWords } from '../workers/sweep/repair.js';

const runbook = readFileSync('docs/runbook.md', 'utf8');

test.each([...doneWords, ...waitingWords, ...heldWords, ...failureCauses, ...driftKinds, ...repairWords, ...adoptionWords, ...sweepEndings])('the runbook says what %s means and what to do', (word) => {
  expect(runbook).toMatch(new RegExp(`\\*\\*\`${word}\`\\*\\*(:|, | and | \\()`));
});

const alerts = ['src', 'workers']
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)))
  .filter((path) => path.endsWith('.ts'))
  .flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/\balert: '(\w+)'/g)].map(([, alert]) => alert ?? ''));

test.each([...new Set([...alerts, ...heldWords.filter((word) => word !== 'held_mass')])])('the runbook has %s among the alerts', (alert) => {
  expect(runbook.slice(runbook.indexOf('## Alerts in the log'))).toContain(`**\`${alert}\`**`);
});
