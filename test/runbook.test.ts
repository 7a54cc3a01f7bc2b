import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { adoptionWords } from '../src/compliance/adoption.js';
import { driftKinds } from '../src/compliance/drift.js';
import { doneWords, failureCauses, heldWords, sweepEndings, waitingWords } from '../src/compliance/outcome.js';
import { repairWords } from '../workers/sweep/repair.js';

const runbook = readFileSync('docs/runbook.md', 'utf8');
const sources = ['src', 'workers']
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)))
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(path, 'utf8'));

/** What the code writes in the field `alert` of a log line: only words that stand there, so that they can be found here. */
const alerts = [...new Set(sources.flatMap((text) => [...text.matchAll(/\balert: *([^,}]+)/g)].flatMap(([, value = '']) => value.match(/(?<=')\w+(?=')/g) ?? [value])))];
const chapter = /\n## Alerts in the log\n([^]*?)(\n## |$)/.exec(runbook)?.[1] ?? '';
const explained = [...chapter.matchAll(/\*\*`(\w+)`\*\*/g)].map(([, word = '']) => word);

test.each([...doneWords, ...waitingWords, ...heldWords, ...failureCauses, ...driftKinds, ...repairWords, ...adoptionWords, ...sweepEndings])('the runbook says what %s means and what to do', (word) => {
  expect(runbook).toMatch(new RegExp(`\\*\\*\`${word}\`\\*\\*(:|, | and | \\()`));
});

test('every alert that the code can raise is explained in the runbook, and no other', () => {
  expect(alerts.length).toBeGreaterThan(5);
  expect(explained.toSorted()).toEqual(alerts.toSorted());
});
