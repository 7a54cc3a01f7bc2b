import { expect, test } from '@jest/globals';
import { withRelay } from './relay.js';
import { torture, victims } from './torture.js';

test.each([
  { who: 'workers', killed: ['worker'] as const },
  { who: 'workers, receivers and Redis', killed: victims },
])('Devices that flap while $who are killed and calls fail end as UEM says last, with never two runs for one device at a time.', async ({ killed }) => {
  await withRelay({ headcount: 10 }, async (relay) => {
    const { changes, ...damage } = await torture(relay, { lastsMs: 8_000, killEveryMs: 2_500, workers: 2, victims: killed });
    expect(damage).toMatchObject({ overlaps: [], wrong: [] });
    expect(changes).toBeGreaterThan(relay.company.devices.length);
  });
}, 120_000);
